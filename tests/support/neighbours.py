"""Anna with a row in every tenant table, and Carla next door with none: whom stranger's tests ask."""

import io
from datetime import time, timedelta
from typing import Any

from mailflatrate.apps.abuse.actions.answers import answer_question
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder, take_measure
from mailflatrate.apps.abuse.actions.report_sources import ByHand, open_by_hand
from mailflatrate.apps.abuse.models import CaseQuestion
from mailflatrate.apps.accounts.actions.account_status import Reasons, give_strike
from mailflatrate.apps.accounts.actions.agreements import acknowledge_policy
from mailflatrate.apps.accounts.actions.approval import switch_four_eyes
from mailflatrate.apps.accounts.actions.invitations import invite
from mailflatrate.apps.accounts.actions.keys import begin_answer, make_api_key
from mailflatrate.apps.accounts.actions.messages import write_to_desk
from mailflatrate.apps.accounts.actions.vetting import keep_signals
from mailflatrate.apps.accounts.models import KeyScope, Membership, Notice, NoticeKind, Occasion, Role
from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.apps.campaigns.actions.brand import request_lookup, save_brand
from mailflatrate.apps.campaigns.actions.comments import write_comment
from mailflatrate.apps.campaigns.actions.content_lookup import request_content
from mailflatrate.apps.campaigns.actions.coupons import create_pool
from mailflatrate.apps.campaigns.actions.media import gallery_media
from mailflatrate.apps.campaigns.actions.message_copies import request_copy
from mailflatrate.apps.campaigns.actions.saved_blocks import save_block
from mailflatrate.apps.campaigns.actions.templates import save_as_template
from mailflatrate.apps.campaigns.models import (
    Campaign,
    CampaignVersion,
    FeedDigest,
    FeedItem,
    LinkTagging,
    LinkVisit,
    LookupKind,
    PageFetchCount,
    WritingHelp,
    WritingRequest,
)
from mailflatrate.apps.campaigns.states import locked, move
from mailflatrate.apps.delivery.lanes import hold_lane
from mailflatrate.apps.delivery.models import (
    AbTest,
    Attempt,
    Begun,
    Delivery,
    DeliveryState,
    LostClaim,
    RelayDeferral,
    Retry,
)
from mailflatrate.apps.domains.models import Mailbox, MediaHost
from mailflatrate.apps.events.actions.endpoints import EndpointOrder, create_endpoint
from mailflatrate.apps.events.models import EventSetting, WaitingEvent, WebhookAttempt
from mailflatrate.apps.forms.actions.form_counts import count_step
from mailflatrate.apps.forms.actions.sign_up import request_confirmation
from mailflatrate.apps.forms.actions.stands import create_stand
from mailflatrate.apps.forms.models import ConfirmationRequestKind, FormStep, SignupDenial, SignupRequest
from mailflatrate.apps.gate.approval import request_approval
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.apps.gate.test_lists import save_test_list
from mailflatrate.apps.inbound.models import DomainReport, Feedback, FeedbackKind, InboxMessage, RawMail
from mailflatrate.apps.intake.actions.fetches import FetchOrder, fetch_move
from mailflatrate.apps.intake.actions.moves import DroppedFile, upload_move
from mailflatrate.apps.intake.actions.suppression_files import suppress_file
from mailflatrate.apps.intake.models import SuppressionFileRow
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.notes import write_note
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.counts import count_mailable
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.lists.search import write_texts
from mailflatrate.apps.lists.tags import give_tags
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.apps.segments.actions.bulk import start_bulk
from mailflatrate.apps.segments.actions.exports import start_export
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.apps.segments.bulk.selection import BulkSelection
from mailflatrate.apps.segments.contact_list.columns import choose_columns
from mailflatrate.apps.segments.models import BulkItem, BulkKind, ExportContent, ExportFormat
from mailflatrate.apps.segments.sort_indexes import build_index
from mailflatrate.apps.stats.actions import refresh_campaign
from mailflatrate.apps.stats.models import AudienceCount, Measure, MonthlyReport, MonthlyReportReader
from mailflatrate.apps.stats.report_links import create_report_link
from mailflatrate.apps.tracking.models import (
    Click,
    ClickFold,
    ClickHour,
    ClickTotal,
    PollAnswer,
    PollBallot,
    PollComment,
    PollCount,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.campaign_states import CampaignMover, CampaignState
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.vetting.signals import SignalOutcome, SignalResult
from mailflatrate.settings.roles import owner_url
from mailflatrate.settings.schema import load_settings
from support.archive import archived, fold_one
from support.automations import leave_traces
from support.contact_files import HEADER
from support.contact_rows import an_event_type
from support.conversions import leave_conversions
from support.customers import WHERE, Customer, sending_customer
from support.forms import add_form
from support.landing import leave_a_landing_page
from support.lifts import lift_asked
from support.origins import declare_origin, picture
from support.people import operator, person
from support.transactional import leave_transactional_traces

FILE = f"{HEADER}\ninfo@lindenhof.example;I;N;2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;https://a.example/;Kiel\n"
BRAND = {"primary": "#7a1f3d", "ink": "#222222", "sheet": "#ffffff", "page": "#eeeeee"}
A_ROW = "<mj-section><mj-column><mj-text>Kept</mj-text></mj-column></mj-section>"
BRAND |= {"heading_font": "verdana", "body_font": "arial", "imprint_ink": "#333333", "imprint_ground": "#eeeeee"}


class Neighbours:
    """Anna with a row in every tenant table, and Carla next door with none."""

    def __init__(self) -> None:
        self.anna: Customer = sending_customer(people=5)
        fold_one(owner_url(load_settings()), archived(owner_url(load_settings()), self.anna))
        carla = Customer.registered("Möbelhaus Nordstern").signed_in()
        self.carla_account, self.carla = carla.account_id, carla.client
        self.ids: dict[str, int] = {}
        self._fill()
        build_index(self.anna.account_id, self.ids["field_id"])

    def _sign_up(self, form_id: int) -> SignupRequest:
        request_confirmation(
            form_id,
            "dora@briefkasten-lindenhof.de",
            kind=ConfirmationRequestKind.PERSON,
            note="at the fair",
            by=self.anna.owner,
        )
        count_step(form_id, "popup", FormStep.VIEW)
        request = SignupRequest.objects.get()
        SignupDenial.objects.create(
            form_id=form_id,
            request_id=request.id,
            kind=request.kind,
            address_key=b"x" * 32,
            requested_at=clock.now(),
            denied_at=clock.now(),
        )
        return request

    def _a_case(self, campaign: Campaign) -> None:
        """Report the campaign, ask from the desk, and answer as Anna."""
        otto = operator()
        given = ByHand(campaign.mailing_id, "unasked", "She never signed up.", "eve@people.example", "Eve", "en")
        case = open_by_hand(given, by=otto)
        take_measure(case.id, MeasureOrder(CaseAction.ASK, "Where did she sign up?"), by=otto)
        with tenancy.account(self.anna.account_id):
            self.ids["question_id"] = CaseQuestion.objects.get().id
            answer_question(self.ids["question_id"], "On our page.", by=self.anna.owner)

    def _four_eyes(self) -> None:
        """A campaign of Anna's waits for her colleague; then she releases alone again."""
        person(self.anna.account_id, "Ben Berger", Role.EDITOR)
        switch_four_eyes(self.anna.account_id, True, by=self.anna.owner)
        draft = self.anna.ticked(self.anna.draft("Asked"))
        with tenancy.account(self.anna.account_id):
            request_approval(draft.id, by=self.anna.owner, shown_hash=draft.policy_hash)
        switch_four_eyes(self.anna.account_id, False, by=self.anna.owner)

    def _a_webhook(self) -> None:
        """A webhook with an attempt, and an event that it refused."""
        with tenancy.account(self.anna.account_id):
            made = create_endpoint(EndpointOrder("https://crm.lindenhof.example/hook"), by=self.anna.owner).endpoint
            now = clock.now()
            tried = {"event_id": "evt_1", "type": "contact.erased", "event_at": now, "number": 1, "at": now}
            WebhookAttempt.objects.create(endpoint=made, **tried, milliseconds=5, status=500, is_taken=False)
            WaitingEvent.objects.create(
                endpoint=made, xid=1, source=0, event_id=1, attempts=1, first_at=now, due_at=now + timedelta(days=1)
            )
            EventSetting.objects.create(account_id=self.anna.account_id)
            self.ids["webhook_id"] = made.id

    def _fill(self) -> None:
        form_id, _code = add_form(self.anna)
        origin = declare_origin(self.anna.account_id, self.anna.list_id, screenshot=picture())
        imported = self.anna.bring(FILE)
        campaign = self.anna.sending()
        with tenancy.account(self.anna.account_id):
            count_mailable()
        write_texts()
        with tenancy.account(self.anna.account_id):
            first = Contact.objects.order_by("id")[0]
            # Its text is to be written again.
            Contact.objects.filter(id=first.id).update(
                last_name="Renamed", attributes={**first.attributes, "size": "M"}
            )
            now = clock.now()
            delivery = Delivery.objects.filter(campaign=campaign).order_by("id").first()
            assert delivery is not None
            segment = save_segment("Kiel", [{"field": "first_name", "op": "equals", "value": "Dora"}])
            field = create_field(FieldDraft("Size", "text", "to send the right gift"))
            tag = create_tag("Regulars")
            give_tags(list(Contact.objects.values_list("id", flat=True)), [tag.id])
            event_type_id = an_event_type(first.id)
            choose_columns(self.anna.owner, ["added"])
            bulk = start_bulk(BulkKind.ADD_TAG, BulkSelection((1,)), {"tag": "VIP"}, by=self.anna.owner, enqueue=False)
            BulkItem.objects.create(action=bulk, contact_id=Contact.objects.order_by("id").values_list("id")[0][0])
            notice = Notice.objects.create(kind=NoticeKind.TEST, recipient="a@lindenhof.example")
            with tenancy.platform(PlatformReason.MAIL_IN):
                mail = RawMail.objects.create(
                    account_id=self.anna.account_id, via="smtp", envelope_to="b@x.example", raw=b"x", sha256=b"x" * 32
                )
                DomainReport.objects.create(
                    account_id=self.anna.account_id,
                    kind="dmarc",
                    domain="lindenhof.example",
                    report_id="1",
                    begins_at=now,
                    ends_at=now,
                    messages=1,
                    passed=1,
                )
            Feedback.objects.create(delivery_id=delivery.id, campaign=campaign, kind=FeedbackKind.REPLY, raw_mail=mail)
            message = InboxMessage.objects.create(envelope_to="dora@x.example", raw=b"Subject: x\r\n\r\nx\r\n")
            Click.objects.create(campaign=campaign, edition_id=delivery.edition_id, link_number=1)
            ClickFold.objects.create(campaign=campaign, until=now)
            ClickHour.objects.create(
                campaign=campaign, edition_id=delivery.edition_id, link_number=1, hour=now, people=1, machines=0
            )
            leave_conversions(campaign, delivery)
            AudienceCount.objects.create(counted_at=now, figures={})
            LinkTagging.objects.create(is_on=False, style="utm", source="newsletter", medium="email")
            MonthlyReportReader.objects.create(user=self.anna.owner)
            MonthlyReport.objects.create(month=now.date().replace(day=1), recipients=1)
            shared = create_report_link(
                campaign.id, name="Board", ends_at=now + timedelta(days=7), password="", by=self.anna.owner
            )
            ClickTotal.objects.create(
                campaign=campaign, edition_id=delivery.edition_id, link_number=1, people=1, machines=0
            )
            asked: dict[str, Any] = {"campaign": campaign, "edition_id": delivery.edition_id, "poll": 0, "answer": 0}
            PollAnswer.objects.create(**asked, delivery_id=delivery.id)
            PollBallot.objects.create(mark=b"x" * 16, expires_on=now.date())
            PollComment.objects.create(**asked, text="x", day=now.date())
            PollCount.objects.create(**asked, people=1)
            Attempt.objects.create(delivery=delivery, number=1, at=now, stage="rcpt")
            Retry.objects.create(delivery=delivery, campaign=campaign, due_at=now + timedelta(days=1))
            Begun.objects.create(chunk=delivery.chunk, claimed_by="gone")
            LostClaim.objects.create(chunk=delivery.chunk, claimed_by="gone", deliveries=[delivery.id])
            RelayDeferral.objects.create(
                delivery=delivery, follower="mta-1", provider="other", since=clock.now(), last_at=clock.now()
            )
            AbTest.objects.create(campaign=campaign, variants=2, share=10, hours=4, metric="clicks")
            write_to_desk("Please look at it again.", by=self.anna.owner)
            acknowledge_policy(Occasion.LIST, self.anna.list_id, "0" * 64, by=self.anna.owner, where=WHERE)
            PrivacyRequest.objects.create(
                kind="access", contact_id=delivery.contact_id, address_key=b"x" * 32, expires_at=now
            )
            unsubscribe(delivery.contact_id, list_id=None, by="customer", source="test")
            request = self._sign_up(form_id)
            key = make_api_key(self.anna.account_id, "Shop", {KeyScope.READ}, expires_at=None, by=self.anna.owner).key
            begin_answer(key.id, "one", b"x" * 32)
            invitation = invite(
                self.anna.account_id,
                "nina@people.example",
                name="Nina",
                role=Role.VIEWER,
                language="en",
                by=self.anna.owner,
                url=str,
            )
            table = DroppedFile("people.csv", io.BytesIO(FILE.encode()))
            moved = upload_move(self.anna.list_id, [table], by=self.anna.owner)
            fetch_move(self.anna.list_id, FetchOrder("brevo", "xkeysib-0123456789"), by=self.anna.owner)
            left = io.BytesIO(b"email\nleft@x.example\n")
            blocked = suppress_file(left, "left.csv", reason=SuppressionReason.MANUAL, by=None, enqueue=False)
            SuppressionFileRow.objects.create(source_file=blocked, line_number=2, row=["left"], reason="no_address")
            imprint = self.anna.again(campaign).editions.get().imprint
            self.ids = {
                "campaign_id": campaign.id,
                "link_id": shared.link.id,
                "delivery_id": delivery.id,
                "list_id": self.anna.list_id,
                "contact_id": Contact.objects.order_by("id").values_list("id", flat=True)[0],
                "segment_id": segment.id,
                "field_id": field.id,
                "tag_id": tag.id,
                "event_type_id": event_type_id,
                "bulk_id": bulk.id,
                "note_id": write_note(first.id, "Called about bulbs.", by=self.anna.owner).id,
                "import_id": imported.id,
                "move_id": moved.id,
                "export_id": start_export(ExportContent.CONTACTS, ExportFormat.CSV, by=None, enqueue=False).id,
                "file_id": blocked.id,
                "suppression_id": lift_asked(self.anna),
                "message_id": message.id,
                "domain_id": campaign.sender.domain_id if campaign.sender else 0,
                "imprint_id": imprint.id,
                "membership_id": Membership.objects.order_by("id").values_list("id", flat=True)[0],
                "account_id": self.anna.account_id,
                "notice_id": notice.id,
                "form_id": form_id,
                "request_id": request.id,
                "origin_id": origin.id,
                "key_id": key.id,
                "invitation_id": invitation.id,
                "media_id": gallery_media("hills", alt="Hills", by=None).id,
                "version_id": CampaignVersion.objects.filter(campaign=campaign).values_list("id", flat=True)[0],
                "mailbox_id": Mailbox.objects.values_list("id", flat=True)[0],
                "template_id": save_as_template(campaign.id, "Kept", by=None).id,
                "pool_id": create_pool("Spring", b"SPRING-1", by=None)[0].id,
                "copy_id": request_copy(name="", url="", file=b"<p>Words</p>", by=self.anna.owner).id,
                "test_list_id": save_test_list("Team", [self.anna.owner.email], by=self.anna.owner).id,
                "saved_block_id": save_block("Kept", A_ROW, is_shared=True, by=None).id,
            }
            LinkVisit.objects.create(campaign=campaign, url="https://lindenhof.example/", key="0" * 64)
            PageFetchCount.objects.create(day=clock.now().date(), fetched=1)
            WritingHelp.objects.create(agreed_host="llm.example", day=clock.now().date(), used=1)
            question = {"task": "ideas", "language": "en", "texts": [], "created_at": clock.now()}
            self.ids["writing_id"] = WritingRequest.objects.create(campaign=campaign, **question).id
            self.ids["comment_id"] = write_comment(campaign.id, "Nice.", by=self.anna.owner).id
            digest = FeedDigest.objects.create(
                name="Shop news",
                url="https://lindenhof.example/feed",
                mailing_list_id=self.anna.list_id,
                weekday=0,
                at=time(9),
                time_zone="UTC",
                next_at=now,
            )
            FeedItem.objects.create(digest=digest, key="0" * 64, title="Bulbs", seen_at=now)
            self.ids["digest_id"] = digest.id
            request_lookup("https://lindenhof.example/")
            wanted = request_content(
                LookupKind.PRODUCT, "lindenhof.example", most=1, with_pictures=False, by=self.anna.owner
            )
            self.ids["lookup_id"] = wanted.id
            save_brand(BRAND, logo_id=self.ids["media_id"])
            MediaHost.objects.create(
                domain_id=self.ids["domain_id"], host=f"media{self.anna.account_id}.lindenhof.example"
            )
        with tenancy.account(self.anna.account_id):
            ends_at = clock.now() + timedelta(days=1)
            self.ids["stand_id"] = create_stand(form_id, "Hall 2", ends_at, by=self.anna.owner)[0].id
        self.ids["page_id"] = leave_a_landing_page(self.anna.account_id, form_id)
        self.anna.settle(campaign, DeliveryState.SENT, 1)
        self._four_eyes()
        other = self.anna.ticked(self.anna.draft("Another"))
        with tenancy.account(self.anna.account_id):
            asked = {"review_asked_at": clock.now(), "released_by": self.anna.owner}
            move(locked(other.id), CampaignState.REVIEW, CampaignMover.MEMBER, **asked)
        review_campaign(
            self.anna.account_id, other.id, approved=False, by=operator(), shown_hash=other.policy_hash, text="No."
        )
        refresh_campaign(self.anna.account_id, campaign.id)
        with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
            hold_lane(self.anna.account_id, campaign.id, "yahoo", "R-88")
            found = {"cause": "hard_bounces", "level": 1, "rule": "R-88", "events": 3, "base": 200, "limit_percent": 1}
            Measure.objects.create(account_id=self.anna.account_id, campaign=campaign, scope="mailing", **found)
        give_strike(self.anna.account_id, Reasons("test", "One."), by=None, machine="test")
        self._a_case(campaign)
        self._a_webhook()
        keep_signals(self.anna.account_id, [SignalResult("vat", SignalOutcome.GOOD, "none")])
        self.ids["automation_id"] = leave_traces(self.anna)
        with tenancy.account(self.anna.account_id):
            versions = AutomationVersion.objects.filter(automation_id=self.ids["automation_id"])
            self.ids["automation_version_id"] = versions.get().id
        self.ids |= leave_transactional_traces(self.anna)

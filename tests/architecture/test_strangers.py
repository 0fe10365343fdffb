"""The stranger's test, whole: Carla against every table and every studio address that Anna has rows for."""

import io
import re
from collections.abc import Iterator
from datetime import time, timedelta

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

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
from mailflatrate.apps.campaigns.actions.brand import save_brand
from mailflatrate.apps.campaigns.actions.comments import write_comment
from mailflatrate.apps.campaigns.actions.media import gallery_media
from mailflatrate.apps.campaigns.actions.templates import save_as_template
from mailflatrate.apps.campaigns.models import Campaign, CampaignVersion, FeedDigest, FeedItem
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
from mailflatrate.apps.events.models import EventSetting, WaitingEvent, WebhookAttempt, WebhookEndpoint
from mailflatrate.apps.forms.actions.sign_up import request_confirmation
from mailflatrate.apps.forms.models import ConfirmationRequestKind, Form, SignupDenial, SignupRequest
from mailflatrate.apps.gate.approval import request_approval
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.apps.inbound.models import DomainReport, Feedback, FeedbackKind, InboxMessage, RawMail
from mailflatrate.apps.lists.actions.bulk import start_bulk
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.actions.exports import start_export
from mailflatrate.apps.lists.actions.fetches import FetchOrder, fetch_move
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.moves import DroppedFile, upload_move
from mailflatrate.apps.lists.actions.notes import write_note
from mailflatrate.apps.lists.actions.segments import save_segment
from mailflatrate.apps.lists.actions.suppression_files import suppress_file
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.bulk.selection import BulkSelection
from mailflatrate.apps.lists.contact_list.columns import choose_columns
from mailflatrate.apps.lists.counts import count_mailable
from mailflatrate.apps.lists.models import (
    BulkAction,
    BulkItem,
    BulkKind,
    Contact,
    ContactField,
    Export,
    ExportContent,
    ExportFormat,
    Import,
    MailingList,
    Segment,
    SuppressionFileRow,
    Tag,
)
from mailflatrate.apps.lists.search import write_texts
from mailflatrate.apps.lists.tags import give_tags
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.apps.stats.actions import refresh_campaign
from mailflatrate.apps.stats.models import Measure
from mailflatrate.apps.tracking.models import Click, ClickTotal
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason, TenantModel
from mailflatrate.base.tenancy.policies import restricted
from mailflatrate.rules.campaign_states import CampaignMover, CampaignState
from mailflatrate.rules.contact_fields import ContactFieldType
from mailflatrate.rules.suppression import SuppressionReason
from mailflatrate.rules.vetting.signals import SignalOutcome, SignalResult
from mailflatrate.settings.roles import app_url, owner_url
from mailflatrate.settings.schema import load_settings
from support.archive import archived, fold_one
from support.automations import leave_traces
from support.contact_files import HEADER
from support.customers import WHERE, Customer, sending_customer
from support.forms import add_form
from support.origins import declare_origin, picture
from support.people import operator, person

TENANT_TABLES = sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel))
# URLs without an ID: they show the requester's own account, no matter who asks.
FILE = f"{HEADER}\ninfo@lindenhof.example;I;N;2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;https://a.example/;Kiel\n"
BRAND = {"primary": "#7a1f3d", "ink": "#222222", "sheet": "#ffffff", "page": "#eeeeee"}
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

    def _sign_up(self, form_id: int) -> SignupRequest:
        request_confirmation(
            form_id,
            "dora@briefkasten-lindenhof.de",
            kind=ConfirmationRequestKind.PERSON,
            note="at the fair",
            by=self.anna.owner,
        )
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
            Contact.objects.filter(id=first.id).update(last_name="Renamed")  # its text is to be written again
            now = clock.now()
            delivery = Delivery.objects.filter(campaign=campaign).order_by("id").first()
            assert delivery is not None
            segment = save_segment("Kiel", [{"field": "first_name", "op": "equals", "value": "Dora"}])
            field = create_field(FieldDraft("Size", ContactFieldType.TEXT, "to send the right gift"))
            tag = create_tag("Regulars")
            give_tags(list(Contact.objects.values_list("id", flat=True)), [tag.id])
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
            ClickTotal.objects.create(
                campaign=campaign, edition_id=delivery.edition_id, link_number=1, people=1, machines=0
            )
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
                self.anna.account_id, "nina@people.example", name="Nina", role=Role.VIEWER, language="en",
                by=self.anna.owner, url=str
            )  # fmt: skip
            table = DroppedFile("people.csv", io.BytesIO(FILE.encode()))
            moved = upload_move(self.anna.list_id, [table], by=self.anna.owner)
            fetch_move(self.anna.list_id, FetchOrder("brevo", "xkeysib-0123456789"), by=self.anna.owner)
            left = io.BytesIO(b"email\nleft@x.example\n")
            blocked = suppress_file(left, "left.csv", reason=SuppressionReason.MANUAL, by=None, enqueue=False)
            SuppressionFileRow.objects.create(source_file=blocked, line_number=2, row=["left"], reason="no_address")
            imprint = self.anna.again(campaign).editions.get().imprint
            self.ids = {
                "campaign_id": campaign.id,
                "delivery_id": delivery.id,
                "list_id": self.anna.list_id,
                "contact_id": Contact.objects.order_by("id").values_list("id", flat=True)[0],
                "segment_id": segment.id,
                "field_id": field.id,
                "tag_id": tag.id,
                "bulk_id": bulk.id,
                "note_id": write_note(first.id, "Called about bulbs.", by=self.anna.owner).id,
                "import_id": imported.id,
                "move_id": moved.id,
                "export_id": start_export(ExportContent.CONTACTS, ExportFormat.CSV, by=None, enqueue=False).id,
                "file_id": blocked.id,
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
            }
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
            save_brand(BRAND, logo_id=self.ids["media_id"])
            MediaHost.objects.create(
                domain_id=self.ids["domain_id"], host=f"media{self.anna.account_id}.lindenhof.example"
            )
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
        leave_traces(self.anna)


@pytest.fixture(scope="module")
def neighbours(database: str) -> Neighbours:
    """Both accounts, made once."""
    assert database
    return Neighbours()


def test_anna_has_rows_in_every_tenant_table(neighbours: Neighbours) -> None:
    """Otherwise the tests below would prove nothing about the empty ones."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connection.cursor() as cursor:
        mine = f"WHERE account_id = {neighbours.anna.account_id}"
        empty = []
        for table in TENANT_TABLES:
            cursor.execute(f'SELECT 1 FROM "{table}" {mine} LIMIT 1')
            empty += [] if cursor.fetchone() else [table]
    assert empty == []


@pytest.mark.parametrize("table", [*TENANT_TABLES, "account"])
def test_no_row_of_another_account_is_seen_or_touched(neighbours: Neighbours, table: str) -> None:
    """Raw SQL under the application role, without our managers."""
    theirs = "id" if table == "account" else "account_id"
    carla = neighbours.carla_account
    assert _visible(carla, table, f"{theirs} = {neighbours.anna.account_id}") == 0
    assert _visible(carla, table, f"{theirs} <> {carla}") == 0
    for statement in (f'UPDATE "{table}" SET {theirs} = {theirs}', f'DELETE FROM "{table}"'):
        with psycopg.connect(app_url(load_settings())) as application:
            tenancy.enter_account(application, carla)
            try:
                done = application.execute(f"{statement} WHERE {theirs} = {neighbours.anna.account_id}")
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState):
                assert table in restricted(), "nobody may, not even Anna"
            else:
                assert done.rowcount == 0
            application.rollback()


def test_without_a_scope_there_is_nothing_at_all(neighbours: Neighbours) -> None:
    """A forgotten scope fails closed."""
    with psycopg.connect(app_url(load_settings())) as application:
        for table in [*TENANT_TABLES, "account"]:
            shared = " WHERE account_id IS NOT NULL" if table == "suppression" else ""
            row = application.execute(f'SELECT count(*) FROM "{table}"{shared}').fetchone()
            assert row == (0,), table


def test_a_row_cannot_be_written_into_another_account(neighbours: Neighbours) -> None:
    """The policy checks what is written, too."""
    with psycopg.connect(app_url(load_settings())) as application:
        tenancy.enter_account(application, neighbours.carla_account)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute(
                "INSERT INTO segment (account_id, name, conditions, created_at) VALUES (%s, 'x', '[]', now())",
                [neighbours.anna.account_id],
            )


def test_every_model_manager_is_scoped(neighbours: Neighbours) -> None:
    """The first lock alone: no manager runs without an account, and each shows only the account's rows."""
    for model in apps.get_models():
        if not issubclass(model, TenantModel):
            continue
        with pytest.raises(tenancy.NoAccount):
            model.objects.count()
        with tenancy.account(neighbours.carla_account):
            assert model.objects.filter(account_id=neighbours.anna.account_id).count() == 0


def _visible(account_id: int, table: str, condition: str) -> int:
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {condition}')
        return int(cursor.fetchone()[0])


def _studio_addresses() -> Iterator[tuple[str, URLPattern]]:
    def walk(prefix: str, entries: list[URLPattern | URLResolver]) -> Iterator[tuple[str, URLPattern]]:
        for entry in entries:
            if isinstance(entry, URLResolver):
                yield from walk(prefix + str(entry.pattern), entry.url_patterns)
            else:
                yield prefix + str(entry.pattern), entry

    return (pair for pair in walk("/", get_resolver().url_patterns) if pair[0].startswith("/studio/"))


ADDRESSES = sorted(route for route, _ in _studio_addresses())


@pytest.mark.parametrize("route", ADDRESSES)
def test_every_studio_address_wants_a_sign_in(database: str, route: str) -> None:
    """Nobody who is not signed in sees anything."""
    assert database
    address = re.sub(r"<int:\w+>", "1", route).replace("<slug:system>", "mailchimp").replace("<str:key>", "size")
    answer = Client().get(address)
    assert "<" not in address and answer.status_code in (302, 405), address
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/login/")


@pytest.mark.parametrize("route", [route for route in ADDRESSES if "<int:" in route])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_id_of_anna_is_unknown_to_carla(neighbours: Neighbours, route: str, method: str) -> None:
    """404 for reading and for writing; 405 where the address takes only the other method."""
    address = route.replace("<str:key>", "first_name")
    for name, value in neighbours.ids.items():
        address = address.replace(f"<int:{name}>", str(value))
    assert "<" not in address, "a new kind of id needs its row in Neighbours"
    before = _fingerprint(neighbours)
    answer = getattr(neighbours.carla, method)(address, follow=True)  # an address of version 0.1 leads to today's
    assert answer.status_code in (404, 405), address
    assert _fingerprint(neighbours) == before


def _fingerprint(neighbours: Neighbours) -> list[tuple[object, ...]]:
    """What Carla could have changed: states and counts of Anna's rows."""
    with tenancy.account(neighbours.anna.account_id):
        return [
            tuple(Campaign.objects.values_list("id", "state", "name").order_by("id")),
            tuple(Export.objects.values_list("id", "state").order_by("id")),
            tuple(Import.objects.values_list("id", "state").order_by("id")),
            tuple(MailingList.objects.values_list("id", "name", "archived_at").order_by("id")),
            tuple(Segment.objects.values_list("id", "name").order_by("id")),
            tuple(BulkAction.objects.values_list("id", "state", "cancel_requested").order_by("id")),
            tuple(Tag.objects.values_list("id", "name", "color").order_by("id")),
            tuple(ContactField.objects.values_list("id", "label", "place", "archived_at").order_by("id")),
            tuple(Form.objects.values_list("id", "name", "state", "draft", "current_id").order_by("id")),
            tuple(Membership.objects.values_list("id", "role").order_by("id")),
            tuple(WebhookEndpoint.objects.values_list("id", "url", "state", "generation", "secrets_sealed")),
        ]

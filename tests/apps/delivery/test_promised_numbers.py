"""One number of recipients: what the check, the editor, the reviewer and the API promise is planned, and then sent."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from mailflatrate.apps.automations.actions.review import review_automation
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.content.samples import audience_sql
from mailflatrate.apps.campaigns.local_time import waves_of
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.recipients import count_recipients
from mailflatrate.apps.campaigns.translations import people_by_language
from mailflatrate.apps.consent.ledger import EventEvidence, append
from mailflatrate.apps.delivery.models import AbTest, Chunk, Delivery
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.apps.gate.audience import audience_facts
from mailflatrate.apps.gate.campaigns import promised_recipients, variants_facts
from mailflatrate.apps.gate.recipients import COLUMNS, JOINS, RecipientRow, recipient_facts
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.audience_states import ConsentKind
from mailflatrate.rules.contacts.withdrawals import UNDONE_BY
from mailflatrate.rules.gate.judge import judge_recipient
from mailflatrate.settings.schema import load_settings
from support.automations import Journey
from support.contact_files import HEADER, line
from support.customers import Customer, sending_customer
from support.fake_relay import FakeRelay
from support.origins import declare_origin
from support.people import operator
from support.scope import within
from support.sql import beside_triggers

# PROMISED_WORLDS=300 draws as many as an acceptance asks for.
SEEDS = range(int(os.environ.get("PROMISED_WORLDS", "8")))
DAY = timedelta(days=1)
AGES = (0, 20, 200, 364, 366, 500, 729, 731, 900)
WHY = ("hard_bounce", "complaint", "manual", "objection")
WORLD_LANGUAGES = ("", "de", "fr", "English")


def test_the_last_mailing_that_the_origin_declares_counts_as_at_the_import() -> None:
    """Confirmed 25 months ago, last emailed by the old system last month: the import says mailable, and they get it."""
    anna = sending_customer(people=0).with_list("Moved in")
    mailed = clock.now().date() - 30 * DAY
    origin = declare_origin(anna.account_id, anna.list_id, last_mailed_on=mailed, collected_from=mailed - 900 * DAY)
    approved(origin.id)
    old, fresh = (clock.now() - days * DAY for days in (760, 40))
    job = anna.bring("\n".join([HEADER, *(_line(f"p{n}@kunde-{n}.de", at) for n, at in enumerate((old, old, fresh)))]))
    assert (job.accepted, job.quarantined) == (3, {})
    planned = through_review(anna, anna.draft())
    assert (planned.planned_count, planned.left_out) == (3, {})
    assert within(anna, refused_at_sending, planned.id) == {}


def approved(origin_id: int) -> None:
    from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin

    decide_origin(origin_id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen.")


def _line(email: str, at: datetime) -> str:
    return line(email, signup=at.isoformat(), confirmed=(at + timedelta(minutes=5)).isoformat())


def through_review(anna: Customer, draft: Campaign, **how: Any) -> Campaign:
    """Released, approved by a reviewer where one is needed, and planned unless its first hour is still to come."""
    campaign = anna.ticked(draft)
    with tenancy.account(anna.account_id):
        decision = release_campaign(campaign.id, by=anna.owner, **how)
        assert decision.allowed, [one for one in decision.findings if not one["passed"]]
        present = content_hash(campaign, newest_imprint())
    if anna.again(campaign).state == CampaignState.REVIEW:
        review_campaign(anna.account_id, campaign.id, approved=True, by=operator(), shown_hash=present)
    if anna.again(campaign).state == CampaignState.SCHEDULED:
        return anna.again(campaign)
    with tenancy.account(anna.account_id):
        decision = anna.again(campaign).decisions.filter(edition__isnull=False).order_by("id")[0]
    assert decision.edition_id is not None
    plan_campaign(anna.account_id, campaign.id, decision.edition_id, decision.id)
    return anna.again(campaign)


def refused_at_sending(campaign_id: int) -> Counter[str]:
    """Whom the sender would skip of those who were planned, by reason."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM delivery d {JOINS} WHERE d.campaign_id = %s", [campaign_id])
        rows = [RecipientRow._make(row) for row in cursor.fetchall()]
    found = [judge_recipient(recipient_facts(row), clock.now()) for row in rows]
    return Counter(each.reason.value for each in found if each is not None)


class World:
    """An account with people of every kind on three lists, and earlier campaigns; all drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.anna = sending_customer(people=6)
        self.lists = [self.anna.list_id]
        with tenancy.account(self.anna.account_id):
            self.lists += [create_list(name, name, "en").id for name in ("Second", "Third")]
        self.imports = {list_id: self._import(list_id) for list_id in self.lists}
        with tenancy.account(self.anna.account_id):
            for number in range(34):
                self._person(number)
        self._earlier()

    def _import(self, list_id: int) -> int:
        origin = declare_origin(self.anna.account_id, list_id, last_mailed_on=clock.now().date() - 10 * DAY)
        approved(origin.id)
        with tenancy.account(self.anna.account_id):
            job = Import.objects.create(
                mailing_list_id=list_id,
                file_name="a.csv",
                file_path="a",
                file_sha256="a",
                file_bytes=1,
                origin=origin,
                state="done",
                check_state="clear",
                rows_read=1,
            )
        return job.id

    def _person(self, number: int) -> None:
        draw, now = self.draw, clock.now()
        name = draw.choice([f"Reader.{number}"] * 8 + [f"Reader.{number % 3}"])
        email = f"{name}+{number}@{draw.choice(['gmail.com', 'web.de', 'kunde.fr', 'kunde.at'])}"
        contact = Contact.objects.create(
            email=email.lower(),
            address_key=address_key(email),
            first_name=draw.choice(["Dora", "Emil", ""]),
            attributes={"city": draw.choice(["Kiel", "Bonn", ""]), "language": draw.choice(WORLD_LANGUAGES)},
            pause_days=draw.choice([None, None, None, 7, 30]),
            paused_until=draw.choice([None, None, None, now + 3 * DAY, now - DAY]),
            last_activity_at=draw.choice([None, None, now - 10 * DAY, now - 800 * DAY]),
        )
        mine = draw.sample(self.lists, draw.randint(1, 3))
        for list_id in mine:
            self._subscribe(contact, list_id, now - draw.choice(AGES) * DAY)
        if draw.random() < 0.3:
            self._say_no(contact, draw.choice([*mine, None]))
        if draw.random() < 0.15:
            Suppression.objects.create(
                address_key=contact.address_key,
                reason=draw.choice(WHY),
                source="test",
                lifted_at=None,
            )

    def _subscribe(self, contact: Contact, list_id: int, at: datetime) -> None:
        kind = self.draw.choice([ConsentKind.CONFIRMED, ConsentKind.IMPORTED])
        state = self.draw.choice(["confirmed"] * 5 + ["pending", "quarantined", "unsubscribed"])
        details, source = {}, None
        if kind is ConsentKind.IMPORTED:
            source = self.imports[list_id]
            if self.draw.random() < 0.5:
                mailed = clock.now() - self.draw.choice((10, 380, 760)) * DAY
                details = {"last_contact": {"at": mailed.isoformat(), "by": "origin"}}
        evidence = EventEvidence(contact.email, confirmed_at=at, details=details)
        event = append(contact.id, list_id, kind, at, evidence, source_import_id=source)
        proved = state in ("confirmed", "unsubscribed")
        Subscription.objects.create(
            mailing_list_id=list_id,
            contact=contact,
            state=state,
            consent_event_id=event if proved else None,
            confirmed_at=at if proved else None,
            unsubscribed_at=clock.now() if state == "unsubscribed" else None,
        )

    def _say_no(self, contact: Contact, list_id: int | None) -> None:
        """A no of someone who keeps their rows, so that only the ledger says so; some undo it within minutes."""
        kind = self.draw.choice([ConsentKind.WITHDRAWN, ConsentKind.WITHDRAWN, ConsentKind.OBJECTION])
        at = clock.now() - self.draw.choice((0, 100, 500)) * DAY
        said = append(contact.id, list_id, kind, at, EventEvidence(contact.email))
        if list_id is not None and self.draw.random() < 0.4:
            details = {"by": UNDONE_BY, "undoes": str(said)}
            append(contact.id, list_id, ConsentKind.CONFIRMED, at, EventEvidence(contact.email, details=details))

    def _earlier(self) -> None:
        """An earlier campaign reached some of them, a while ago."""
        campaign = through_review(self.anna, self.anna.draft("Earlier", list_ids=self.lists))
        with tenancy.account(self.anna.account_id):
            ids = list(Delivery.objects.filter(campaign=campaign).values_list("id", flat=True))
            for number in self.draw.sample(ids, len(ids) // 2):
                at = clock.now() - self.draw.choice((1, 5, 20, 400)) * DAY
                Delivery.objects.filter(id=number).update(state="sent", settled_at=at, attempts=1)
            waiting = Delivery.objects.filter(campaign=campaign, state="pending")
            waiting.update(state="bounced", bounce="soft", settled_at=clock.now(), attempts=1)
        self.earlier = campaign
        if self.draw.random() < 0.3:
            beside_triggers("UPDATE mailing_list SET origin_state = 'waiting' WHERE id = %s", [self.lists[1]])

    def draft(self) -> Campaign:
        """A campaign with some of everything that narrows an audience."""
        draw, values = self.draw, dict[str, Any]()
        values["list_ids"] = draw.sample(self.lists, draw.randint(1, 3))
        others = [each for each in self.lists if each not in values["list_ids"]]
        kiel = [{"field": "attribute", "key": "city", "op": "equals", "value": "kiel"}]
        values["content"] = "# Bulbs\n\nThe bulbs are in {{ contact.city }}."
        if draw.random() < 0.3:
            values["conditions"] = kiel
        if others and draw.random() < 0.4:
            values["excluded_list_ids"] = others
        if draw.random() < 0.3:
            bonn = [{**kiel[0], "value": "bonn"}]
            values["excluded_segments"] = [{"id": 1, "name": "Bonn", "conditions": bonn}]
        if draw.random() < 0.3:
            values["excluded_mailing_ids"] = [self.earlier.id]
        text = {
            "subject": "Zwiebeln sind da",
            "preheader": "",
            "content": "# Zwiebeln\n\nSie sind da.",
            "text_override": "",
        }
        return self.anna.draft(
            "Random",
            **values,
            **draw.choice([{}, {"variants": [text], "test_share": 50}, {"translations": [{"language": "de", **text}]}]),
        )


def positional_count(campaign: Campaign) -> int:
    where, values = audience_sql(campaign)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM contact c WHERE {where}", values)
        return int(cursor.fetchone()[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_promised_is_planned_and_the_difference_was_shown_before(seed: int) -> None:
    world = World(seed)
    anna, draft = world.anna, world.draft()
    with tenancy.account(anna.account_id):
        promised = count_recipients(draft)
        facts = audience_facts(draft)
        check = check_campaign(draft.id)
        blocked = [each.key for each in check.blocked_by]
        assert facts.recipients == promised.recipients == positional_count(draft)
        lacking = variants_facts(draft)[0].content.people_lacking_values
        assert sum(people_by_language(draft).values()) == promised.recipients
        assert sum(wave.people for wave in waves_of(draft, clock.now() + DAY, clock.now())) == promised.recipients
        on_lists = (
            Subscription.objects.filter(mailing_list_id__in=draft.list_ids).values("contact_id").distinct().count()
        )
    # A campaign that waits for a review is planned at its hour only, later than this test ends.
    at_best_hour = world.draw.random() < 0.3 and not draft.variants and not check.needs_review
    how = {"at_best_hour": True} if at_best_hour else {}
    if not promised.recipients or "variants-have-readers" in blocked:
        return
    planned = through_review(anna, draft, **how)
    if at_best_hour and planned.state == CampaignState.SCHEDULED:
        return
    with tenancy.account(anna.account_id):
        people = Delivery.objects.filter(campaign=planned)
        if not draft.variants and not draft.translations:
            assert lacking == people.filter(contact__attributes__city="").count(), "who lacks a value was named before"
        tested = AbTest.objects.filter(campaign=planned).first()
        rest = tested.rest if tested else 0
        assert planned.planned_count + rest == promised.recipients
        assert refused_at_sending(planned.id) == {}
        counted: Sequence[tuple[str, int]] = [
            (why, n) for why, n in planned.left_out.items() if why in promised.skipped
        ]
        if not tested:
            assert dict(counted) == promised.skipped
            assert sum(planned.left_out.values()) + planned.planned_count == on_lists


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_message_of_an_automation_reaches_those_of_the_list_who_were_counted(seed: int) -> None:
    """Everyone on the list enters at once: who was counted gets it. Who wants fewer emails waits instead, and so does
    anyone else whom the last campaign reached too recently.
    """
    anna = World(seed).anna
    step = {"id": "a", "do": "send", "campaign": "new"}
    journey = Journey.drafted(anna, step, entry={"on": "inactive", "days": 3650})
    with tenancy.account(anna.account_id):
        message = Campaign.objects.get(automation_id=journey.automation_id)
        promised = count_recipients(message)
        present = content_hash(message, newest_imprint())
    journey.activate()
    if anna.again(message).state == CampaignState.REVIEW:
        shown = {message.id: present}
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            review_automation(
                anna.account_id, journey.automation_id, approved=True, by=operator(), content_hashes=shown
            )
        journey.run_release()
    journey.arrive(*journey.contacts())
    journey.advance()
    with tenancy.account(anna.account_id):
        planned = Delivery.objects.filter(campaign=message).count()
        waiting = sum(where == "a" for where in journey.at().values())
        reached = planned - refused_at_sending(message.id).total()
        assert reached <= promised.recipients
        assert reached + waiting == promised.recipients + promised.skipped.get("too_soon", 0)


def test_who_is_skipped_for_a_merge_field_is_no_promised_recipient() -> None:
    """A field that's empty, and one that leads to someone else's website: both are shown as skipped, and are."""
    anna = sending_customer(people=7)
    own = "lindenhof.example"
    sites = ["https://evil.com/login", "", f"https://{own}/cart", "evil.com", f"https://my.{own}/a", "www.evil.com"]
    sites.append("https\uff1a\uff0f\uff0fevil")
    with tenancy.account(anna.account_id):
        for contact, site in zip(Contact.objects.order_by("id"), sites, strict=True):
            Contact.objects.filter(id=contact.id).update(attributes={"site": site})
    draft = anna.draft(content="# Hello\n\n[Your page]({{ contact.site }})")
    with tenancy.account(anna.account_id):
        promised = promised_recipients(draft)
        assert (promised.recipients, promised.skipped) == (2, {"missing_value": 5})
        check = next(one for one in check_campaign(draft.id).failures if one.key == "values-present")
        assert dict(check.params)["count"] == 5
    assert dict(sent_of(anna, anna.sending_of(draft))) == {"sent": promised.recipients, "missing_value": 5}


def sent_of(anna: Customer, campaign: Campaign) -> Counter[str]:
    """Send a planned campaign, and count its messages by their state, or the reason of those that were skipped."""
    with tenancy.account(anna.account_id):
        chunks = list(Chunk.objects.filter(campaign=campaign).order_by("number").values_list("id", flat=True))

    async def work() -> None:
        async with FakeRelay() as relay:
            sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
            try:
                for chunk_id in chunks:
                    await sender.work_chunk(anna.account_id, chunk_id)
            finally:
                await sender.close()

    asyncio.run(work())
    with tenancy.account(anna.account_id):
        rows = Delivery.objects.filter(campaign=campaign).values_list("state", "reason")
        return Counter(reason or state for state, reason in rows)

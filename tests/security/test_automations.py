"""SQL under the application role, and a program, straight at automations: each lock holds alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import Error, connection

from mailflatrate.apps.accounts.actions import keys
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.automations.models import Enrolment
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions.events import declare_event
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.roles import owner_url
from mailflatrate.settings.schema import load_settings
from support.api import Program, program_of
from support.automations import Journey
from support.customers import Customer, sending_customer

_DELIVERY = """
INSERT INTO delivery (account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id, decision_id,
    rules_version, granted_at, consent_event_id, enrolment_id)
SELECT s.account_id, t.campaign_id, 0, t.edition_id, s.contact_id, s.mailing_list_id, t.decision_id, '1', now(),
    s.consent_event_id, {enrolment}
FROM subscription s, automation_step t, enrolment e
WHERE t.key = 'b' AND e.contact_id = %(first)s AND s.contact_id = %(who)s AND e.automation_id = %(automation)s
    AND t.version_id = e.version_id
"""
_ENROLMENT = """
INSERT INTO enrolment (account_id, automation_id, version_id, contact_id, mailing_list_id, consent_event_id, run, state,
    step, due_at, entered_at)
SELECT {account}, {automation}, e.version_id, {contact}, {list}, {event}, 7, '{state}', 'b', now(), now()
FROM enrolment e WHERE e.contact_id = %(first)s AND e.automation_id = %(automation)s
"""
ORDER = "order.placed"
_VALUES = {
    "account": "e.account_id",
    "automation": "e.automation_id",
    "contact": "%(third)s",
    "list": "e.mailing_list_id",
    "event": "(SELECT s.consent_event_id FROM subscription s WHERE s.contact_id = %(third)s)",
    "state": "active",
}


class Attack:
    """Anna's automation with two people before its message, a third one who isn't in it, and the attacker's SQL."""

    def __init__(self) -> None:
        self.anna = sending_customer()
        wait: dict[str, Any] = {"id": "w", "do": "wait", "for": {"days": 2}}
        self.journey = Journey.begun(self.anna, wait, {"id": "b", "do": "send", "campaign": "new"})
        self.people = self.journey.contacts()
        self.journey.arrive(*self.people[:2])
        self.journey.advance()

    def run(self, statement: str, **more: Any) -> int:
        values = {
            "first": self.people[0],
            "who": self.people[0],
            "third": self.people[2],
            "automation": self.journey.automation_id,
            **more,
        }
        used = {name: value for name, value in values.items() if f"%({name})s" in statement}
        with tenancy.account(self.anna.account_id), connection.cursor() as cursor:
            cursor.execute(statement, used or None)
            return int(cursor.rowcount)


@pytest.fixture(scope="module")
def attack(database: str) -> Iterator[Attack]:
    assert database
    yield Attack()


@pytest.mark.parametrize(
    ("enrolment", "who"),
    [("NULL", 0), ("e.id", 0), ("e.id", 2), ("e.id + 1000000", 0), ("e.id", 1)],
    ids=["none", "at another step", "of another person", "one that isn't there", "of the neighbor"],
)
def test_no_message_without_an_enrolment_at_its_step(attack: Attack, enrolment: str, who: int) -> None:
    with pytest.raises(Error, match="no delivery without permission"):
        attack.run(_DELIVERY.format(enrolment=enrolment), who=attack.people[who])
    with tenancy.account(attack.anna.account_id):
        assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event", "(SELECT s.consent_event_id FROM subscription s WHERE s.contact_id = %(first)s)"),
        ("event", "1000000000"),
        ("list", "e.mailing_list_id + 1"),
        ("contact", "%(third)s + 1000000"),
        ("automation", "e.automation_id + 1000000"),
        ("account", "e.account_id + 1"),
        ("state", "finished"),
    ],
)
def test_no_enrolment_without_consent_for_that_list(attack: Attack, name: str, value: str) -> None:
    with pytest.raises(Error):
        attack.run(_ENROLMENT.format(**_VALUES | {name: value}))
    with tenancy.account(attack.anna.account_id):
        assert not Enrolment.objects.filter(run=7).exists()


def test_no_enrolment_of_someone_who_unsubscribed(database: str) -> None:
    attack = Attack()
    with tenancy.account(attack.anna.account_id):
        Subscription.objects.filter(contact_id=attack.people[2]).update(
            state="unsubscribed", unsubscribed_at=clock.now()
        )
    with pytest.raises(Error, match="no enrolment without consent"):
        attack.run(_ENROLMENT.format(**_VALUES))


@pytest.mark.parametrize(
    "change",
    [
        "contact_id = contact_id + 1",
        "consent_event_id = consent_event_id + 1",
        "run = run + 1",
        "mailing_list_id = mailing_list_id + 1",
        "version_id = version_id + 1",
        "automation_id = automation_id + 1",
    ],
)
def test_what_an_enrolment_rests_on_never_changes(attack: Attack, change: str) -> None:
    with pytest.raises(Error):
        attack.run(f"UPDATE enrolment SET {change} WHERE contact_id = %(first)s")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE automation_version SET graph = '{}' WHERE state = 'current'",
        "UPDATE automation_version SET content_hash = 'x', policy_hash = 'x' WHERE state = 'current'",
        "UPDATE automation_version SET state = 'draft' WHERE state = 'current'",
        "UPDATE automation_step SET edition_id = edition_id + 1",
        "UPDATE automation_step SET parameters = '{}'",
        "DELETE FROM automation_step",
        "UPDATE enrolment_passage SET step = 'x'",
        "INSERT INTO automation_version (account_id, automation_id, number, state, graph, saves, content_hash,"
        " policy_hash, policy_ticked_at, released_at) SELECT account_id, automation_id, 9, 'current', graph, 1,"
        " content_hash, policy_hash, now(), now() FROM automation_version",
    ],
)
def test_a_released_version_stays_as_it_is(attack: Attack, statement: str) -> None:
    if "passage" in statement:
        attack.run(
            "INSERT INTO enrolment_passage (account_id, enrolment_id, step, at) SELECT account_id, id, 'z', now()"
            " FROM enrolment ON CONFLICT DO NOTHING"
        )
    with pytest.raises(Error):
        attack.run(statement)


def test_a_version_that_the_gate_did_not_allow_never_begins(attack: Attack) -> None:
    draft = Journey.drafted(attack.anna, {"id": "b", "do": "send", "campaign": "new"})
    number = draft.automation_id
    attack.run(
        "UPDATE automation_version SET state = 'releasing', content_hash = 'x', policy_hash = 'x',"
        " policy_ticked_at = now(), released_at = now() WHERE automation_id = %(automation)s",
        automation=number,
    )
    attack.run(
        "INSERT INTO automation_step (account_id, version_id, key, number, kind, parameters, targets, campaign_id)"
        " SELECT v.account_id, v.id, 'b', 0, 'send', '{}', '{\"\"}', c.id FROM automation_version v JOIN campaign c"
        " ON c.automation_id = v.automation_id WHERE v.automation_id = %(automation)s",
        automation=number,
    )
    with pytest.raises(Error, match="not released"):
        attack.run(
            "UPDATE automation_version SET state = 'current' WHERE automation_id = %(automation)s", automation=number
        )


def test_a_batch_whose_enrolments_lie_far_apart_meets_the_same_lock(database: str) -> None:
    """Its enrolments are looked up one by one instead of in a range; one hole refuses all of it."""
    anna: Customer = sending_customer()
    wait: dict[str, Any] = {"id": "w", "do": "wait", "for": {"days": 2}}
    journey = Journey.begun(anna, wait, {"id": "b", "do": "send", "campaign": "new"})
    people = journey.contacts()
    journey.arrive(people[0])
    journey.advance()
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("SELECT setval(pg_get_serial_sequence('enrolment', 'id'), max(id) + 1000) FROM enrolment")
    journey.arrive(people[1])
    journey.advance()
    attack = Attack.__new__(Attack)
    attack.anna, attack.journey, attack.people = anna, journey, people
    both = _DELIVERY.replace("s.contact_id = %(who)s", "s.contact_id = ANY(%(both)s)").replace(
        "e.contact_id = %(first)s", "e.contact_id = s.contact_id"
    )
    with pytest.raises(Error, match="is not at this step of an automation"):
        attack.run(both.format(enrolment="e.id"), both=people[:2])
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        journey.advance()
    assert sorted(journey.planned()) == [(person, "b") for person in sorted(people[:2])]
    with tenancy.account(anna.account_id):
        first, second = Enrolment.objects.filter(contact_id__in=people[:2]).order_by("id").values_list("id", flat=True)
    assert second - first > 1000


def test_a_step_that_was_sent_is_not_sent_again(database: str) -> None:
    """Not by a second row, not by moving the enrolment back, and not by renaming the delivery's enrolment."""
    anna: Customer = sending_customer()
    wait: dict[str, Any] = {"id": "w", "do": "wait", "for": {"days": 2}}
    journey = Journey.begun(anna, {"id": "b", "do": "send", "campaign": "new"}, wait)
    people = journey.contacts()
    journey.arrive(people[0])
    journey.advance()
    attack = Attack.__new__(Attack)
    attack.anna, attack.journey, attack.people = anna, journey, people
    attack.run("UPDATE enrolment SET step = 'b' WHERE contact_id = %(first)s")
    for statement in (_DELIVERY.format(enrolment="e.id"), "UPDATE delivery SET enrolment_id = 1"):
        with pytest.raises(Error):
            attack.run(statement)
    journey.advance()
    assert journey.planned() == [(people[0], "b")]


def test_a_program_sends_no_message_of_an_automation(attack: Attack) -> None:
    """Its key may write and send campaigns; the message leaves with its automation only."""
    draft = Journey.drafted(attack.anna, {"id": "b", "do": "send", "campaign": "new"})
    with tenancy.account(attack.anna.account_id):
        message = Campaign.objects.get(automation_id=draft.automation_id)
    ticked = attack.anna.ticked(message)
    shown = {"policy_confirmed": True, "content_hash": ticked.policy_hash}
    answer = program_of(attack.anna).call("POST", f"/campaigns/{message.id}/release", shown)
    assert 400 <= answer.status_code < 500 and b"automation" in answer.content
    assert attack.anna.again(message).state == "draft"


class EventAttack(Attack):
    """Anna's automation that an event starts, and in which people wait for another one. Her third contact left."""

    def __init__(self) -> None:
        self.anna, self.carla = sending_customer(), sending_customer(1)
        with tenancy.account(self.anna.account_id):
            declare_event(ORDER, {})
        until_order: dict[str, Any] = {"id": "e", "do": "wait", "event": ORDER, "at_most_days": 7}
        self.journey = Journey.begun(
            self.anna, until_order, {"id": "b", "do": "send", "campaign": "new"}, entry={"on": "event", "name": ORDER}
        )
        self.people = self.journey.contacts()
        with tenancy.account(self.anna.account_id):
            Subscription.objects.filter(contact_id=self.people[2]).update(
                state="unsubscribed", unsubscribed_at=clock.now()
            )
        with tenancy.account(self.carla.account_id):
            self.stranger = Contact.objects.get().id

    def messages(self) -> set[int | None]:
        """Who got a message, once everything that was noted is taken and all waits are over."""
        self.journey.advance()
        with clock.frozen_at(clock.now() + timedelta(days=8)):
            self.journey.advance()
        with tenancy.account(self.anna.account_id):
            return set(Delivery.objects.values_list("contact_id", flat=True))


@pytest.fixture
def events(database: str) -> EventAttack:
    assert database
    return EventAttack()


@pytest.mark.parametrize("event", ["", ORDER])
def test_a_noted_arrival_is_no_consent(events: EventAttack, event: str) -> None:
    """Rows as the triggers write them, for someone who left, for another customer's contact, and for no one."""
    for number in (events.people[2], events.stranger, 10**12):
        events.run(
            "INSERT INTO automation_arrival (account_id, automation_id, contact_id, event)"
            " SELECT account_id, id, %(number)s, %(event)s FROM automation WHERE id = %(automation)s",
            number=number,
            event=event,
        )
    assert events.messages() == set()


def test_an_arrival_in_another_account_is_refused(events: EventAttack) -> None:
    with pytest.raises(Error):
        events.run(
            "INSERT INTO automation_arrival (account_id, automation_id, contact_id)"
            " SELECT account_id + 1, id, %(third)s FROM automation WHERE id = %(automation)s"
        )


def test_an_event_written_by_sql_is_no_consent(events: EventAttack) -> None:
    statement = (
        "INSERT INTO contact_event (account_id, contact_id, event_type_id, at, properties)"
        " SELECT {account}, %(number)s, id, now(), '{{}}' FROM event_type LIMIT 1"
    )
    events.run(statement.format(account="account_id"), number=events.people[2])
    for account, number in (("account_id + 1", events.people[0]), (str(events.carla.account_id), events.stranger)):
        with pytest.raises(Error):
            events.run(statement.format(account=account), number=number)
    assert events.messages() == set()


def test_a_shop_s_key_starts_automations_for_people_who_consented_only(events: EventAttack) -> None:
    """Its key may report events and nothing else."""
    with tenancy.account(events.anna.account_id):
        secret = keys.make_api_key(
            events.anna.account_id, "shop", [KeyScope.EVENTS_WRITE], expires_at=None, by=events.anna.owner
        ).secret
    shop = Program(secret)
    items = [{"contact": {"id": number}, "event": ORDER} for number in (*events.people, events.stranger)]
    answer = shop.call("POST", "/contacts/events", {"items": items})
    assert answer.status_code == 200
    for method, path in (("GET", "/automations"), ("GET", "/campaigns"), ("GET", f"/contacts/{events.people[0]}")):
        assert shop.call(method, path).status_code in (403, 404)
    assert events.messages() == set(events.people[:2])

"""The rehearsal says what the engine does: the same steps at the same times, for any automation and any person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.automations.models import AutomationVersion, Enrolment, EnrolmentState, StepPassage
from mailflatrate.apps.automations.queries import versions_of
from mailflatrate.apps.automations.rehearsal import (
    EntryObstacle,
    ExamplePerson,
    RehearsalResult,
    rehearse_version,
)
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.models import Contact, ContactTag, RecordedChange, Subscription
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.automations.compiling import arm_of
from mailflatrate.rules.automations.rehearsal import DelayReason, RehearsalEnd
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.scope import rows, within

Step = dict[str, Any]
BEGIN = datetime(2027, 3, 26, 20, 30, tzinfo=UTC)
"""Two days before the clocks change in Europe."""
WHERE = st.sampled_from(["Kiel", "Bonn"])
ZONES = st.sampled_from([None, "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Nowhere/Else"])
TIMES = st.sampled_from(["00:30", "02:30", "09:00", "21:00"])
WAITS = st.one_of(
    st.fixed_dictionaries({"for": st.fixed_dictionaries({"hours": st.integers(1, 60)})}),
    st.fixed_dictionaries({"for": st.fixed_dictionaries({"days": st.integers(1, 20)})}),
    st.fixed_dictionaries(
        {"until": st.fixed_dictionaries({"at": TIMES, "weekday": st.one_of(st.none(), st.integers(0, 6))})}
    ),
    st.fixed_dictionaries({"date": st.just("renewal"), "offset_days": st.integers(-3, 3), "at": TIMES}),
)


def in_city(city: str) -> list[dict[str, Any]]:
    return [{"field": "attribute", "key": "city", "op": "equals", "value": city}]


@st.composite
def graphs(draw: st.DrawFn, tag: int) -> dict[str, Any]:
    """Some steps of each kind that people pass, with rules for the whole."""
    numbers = iter(range(100))

    def step(depth: int) -> Step:
        kinds = ["send", "send", "wait", "set_field", "add_tag", "remove_tag", "end"]
        do = draw(st.sampled_from(kinds if depth else [*kinds[:-1], "branch", "split"]))
        key = f"s{next(numbers)}"
        match do:
            case "send":
                return {"id": key, "do": do, "campaign": "new"}
            case "wait":
                return {"id": key, "do": do, **draw(WAITS)}
            case "set_field":
                return {"id": key, "do": do, "field": "city", "value": draw(WHERE)}
            case "add_tag" | "remove_tag":
                return {"id": key, "do": do, "tag": tag}
            case "branch":
                return {"id": key, "do": do, "if": draw(conditions(tag)), "then": steps(1), "else": steps(1)}
            case "split":
                arms = [{"share": 30, "steps": steps(1)}, {"share": 70, "steps": []}]
                return {"id": key, "do": do, "arms": arms}
            case _:
                return {"id": key, "do": do}

    def steps(depth: int) -> list[Step]:
        return [step(depth) for _number in range(draw(st.integers(1, 2 if depth else 4)))]

    rules: dict[str, Any] = {}
    if draw(st.booleans()):
        rules["quiet"] = {"from": draw(TIMES), "to": draw(TIMES)}
    if draw(st.booleans()):
        rules["cap_per_week"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        rules["goal"] = {"if": draw(conditions(tag)), "then": draw(st.sampled_from(["end", "last"]))}
    made = [*steps(0), {"id": "last", "do": "remove_tag", "tag": tag}]
    return {**rules, "steps": made}


def conditions(tag: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    tagged = [{"field": "tag", "op": "has", "value": [tag]}]
    return st.one_of(WHERE.map(in_city), st.just(tagged))


@pytest.fixture
def tag(anna: Customer) -> int:
    with tenancy.account(anna.account_id):
        for key, kind in (("city", "text"), ("renewal", "date")):
            create_field(FieldDraft(label=key.title(), key=key, purpose="To write at the right time", type=kind))
        return create_tag("Regular").id


def version_of(journey: Journey) -> AutomationVersion:
    versions = within(journey.customer, versions_of, journey.automation_id)
    found = versions.current or versions.draft
    assert found is not None
    return found


def rehearsed(
    journey: Journey, who: int | ExamplePerson, begins_at: datetime = BEGIN, arms: dict[str, int] | None = None
) -> RehearsalResult:
    version = version_of(journey)
    with tenancy.account(journey.customer.account_id):
        person = who if isinstance(who, ExamplePerson) else Contact.objects.get(id=who)
        return rehearse_version(version, person, begins_at, arms)


def taken(journey: Journey, contact_id: int, begins_at: datetime) -> Enrolment:
    """Let the contact enter at a moment, and let time pass until they have come to an end."""
    with clock.frozen_at(begins_at):
        journey.arrive(contact_id)
        journey.advance()
    for _turn in range(200):
        last = rows(journey.customer, Enrolment).get(automation_id=journey.automation_id, contact_id=contact_id)
        if last.state != EnrolmentState.ACTIVE:
            return last
        with clock.frozen_at(last.due_at):
            journey.advance()
    raise AssertionError("no end")


@pytest.mark.slow
@settings(
    max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate]
)
@given(data=st.data())
def test_the_rehearsal_agrees_with_the_engine(tag: int, anna: Customer, data: st.DataObject) -> None:
    graph = data.draw(graphs(tag))
    begins_at = BEGIN + timedelta(minutes=data.draw(st.integers(0, 4 * 24 * 60)))
    attributes = {"city": data.draw(WHERE), "time_zone": data.draw(ZONES)}
    if data.draw(st.booleans()):
        attributes["renewal"] = data.draw(st.dates(BEGIN.date(), (BEGIN + timedelta(days=60)).date())).isoformat()
    kept = {name: value for name, value in attributes.items() if value is not None}
    pause = data.draw(st.sampled_from([None, None, 3]))
    paused_until = data.draw(st.sampled_from([None, None, begins_at + timedelta(days=5, hours=1)]))
    journey = Journey.begun(anna, *graph.pop("steps"), **graph)
    contact_id = journey.contacts()[0]
    with tenancy.account(anna.account_id):
        Contact.objects.filter(id=contact_id).update(attributes=kept, pause_days=pause, paused_until=paused_until)
        ContactTag.objects.filter(contact_id=contact_id).delete()
    version = version_of(journey)
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(pg_sequence_last_value('enrolment_id_seq'::regclass), 0) + 1")
        (next_id,) = cursor.fetchone()
    splits = {step.key: step for step in steps_of_version(anna, version)}
    arms = {key: arm_of(next_id, key, step.parameters["shares"]) for key, step in splits.items()}
    foretold = rehearsed(journey, contact_id, begins_at, arms)
    ended = taken(journey, contact_id, begins_at)
    assert ended.id == next_id
    passed = list(rows(anna, StepPassage).filter(enrolment=ended).order_by("at", "id"))
    steps = foretold.rehearsal.steps
    left = foretold.rehearsal.end is not RehearsalEnd.FINISHED
    seen = [(row.step, row.at, row.target, row.result == "goal") for row in passed]
    told = [(each.step.key, each.at, each.target, each.is_skipped) for each in (steps[:-1] if left else steps)]
    assert told == seen
    assert (ended.why or ended.state) == foretold.rehearsal.end
    assert ended.ended_at == foretold.rehearsal.ended_at


def steps_of_version(anna: Customer, version: AutomationVersion) -> list[Any]:
    with tenancy.account(anna.account_id):
        return list(version.steps.filter(kind="split"))


def test_nothing_is_kept(anna: Customer, tag: int) -> None:
    journey = Journey.begun(
        anna,
        {"id": "f", "do": "set_field", "field": "city", "value": "Kiel"},
        {"id": "t", "do": "add_tag", "tag": tag},
        {"id": "q", "do": "branch", "if": in_city("Kiel"), "then": [{"id": "e", "do": "end"}], "else": []},
    )
    contact_id = journey.contacts()[0]
    with tenancy.account(anna.account_id):
        before = Contact.objects.get(id=contact_id).attributes
        changes = RecordedChange.objects.count()
    found = rehearsed(journey, contact_id)
    rehearsed(journey, ExamplePerson())
    assert [each.step.key for each in found.rehearsal.steps] == ["f", "t", "q", "e"]
    with tenancy.account(anna.account_id):
        assert Contact.objects.get(id=contact_id).attributes == before
        assert Contact.objects.count() == 3
        assert RecordedChange.objects.count() == changes
        assert not ContactTag.objects.exists() and not Enrolment.objects.exists()
    assert journey.planned() == []


def test_delays_say_why(anna: Customer, send: Step, again: Step) -> None:
    journey = Journey.begun(anna, send, again, cap_per_week=1, quiet={"from": "21:00", "to": "08:00"})
    found = rehearsed(journey, ExamplePerson({"time_zone": "Europe/Berlin"}))
    first, second = found.rehearsal.messages
    assert [delay.reason for delay in first.delays] == [DelayReason.NO_MAIL_HOURS]
    assert first.at == datetime(2027, 3, 27, 7, tzinfo=UTC)
    assert [delay.reason for delay in second.delays] == [DelayReason.CAP]
    assert second.at == first.at + timedelta(days=7)
    assert found.zone == "Europe/Berlin"


def test_who_may_not_enter_is_told_why(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    gone, dead, here = journey.contacts()
    assert rehearsed(journey, here).obstacle is None
    journey.arrive(here)
    journey.advance()
    with tenancy.account(anna.account_id):
        Subscription.objects.filter(contact_id=gone).update(state="unsubscribed", unsubscribed_at=clock.now())
        key = bytes(Contact.objects.get(id=dead).address_key)
        suppression.suppress(key, reason=SuppressionReason.HARD_BOUNCE, source="test", evidence={})
    found = [rehearsed(journey, number).obstacle for number in (gone, dead, here)]
    assert found == [EntryObstacle.NOT_CONFIRMED, EntryObstacle.SUPPRESSED, EntryObstacle.NEVER_AGAIN]


def test_a_draft_is_rehearsed_and_the_arm_of_a_split_chosen() -> None:
    anna = sending_customer()
    halves = [{"share": 40, "steps": [{"id": "e", "do": "end"}]}, {"share": 60, "steps": []}]
    journey = Journey.drafted(
        anna, {"id": "s", "do": "split", "arms": halves}, {"id": "a", "do": "send", "campaign": "new"}
    )
    paths = [
        [each.step.key for each in rehearsed(journey, ExamplePerson(), arms=arms).rehearsal.steps]
        for arms in (None, {"s": 0}, {"s": 9})
    ]
    assert paths == [["s", "a"], ["s", "e"], ["s", "e"]]

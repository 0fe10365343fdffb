"""What steps do: branches, splits, fields, tags, notices, other automations, goals."""

from typing import Any

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.apps.lists.models import Contact, ContactTag
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.automations import Journey
from support.customers import Customer
from support.scope import rows

Step = dict[str, Any]
IN_KIEL = [{"field": "attribute", "key": "city", "op": "equals", "value": "Kiel"}]
NOWHERE = [{"field": "attribute", "key": "city", "op": "equals", "value": "Atlantis"}]


def test_a_branch_a_split_and_the_step_after_them(anna: Customer, send: Step, again: Step) -> None:
    halves = [{"share": 50, "steps": [{"id": "e", "do": "end"}]}, {"share": 50, "steps": []}]
    journey = Journey.begun(
        anna,
        {"id": "q", "do": "branch", "if": IN_KIEL, "then": [send], "else": [again]},
        {"id": "s", "do": "split", "arms": halves},
        {"id": "z", "do": "wait", "for": {"hours": 1}},
    )
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    assert journey.planned() == [(number, "a") for number in people]
    at = journey.at()
    assert set(at.values()) <= {"z", "finished"}
    assert all(("e" in journey.path(number)) == (where == "finished") for number, where in at.items())


def test_fields_and_tags_change(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        create_field(FieldDraft(label="Level", key="level", purpose="To write at the right time", type="number"))
        tag = create_tag("Regular")
    journey = Journey.begun(
        anna,
        {"id": "f", "do": "set_field", "field": "level", "value": 3},
        {"id": "t", "do": "add_tag", "tag": tag.id},
    )
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    assert set(journey.at().values()) == {"finished"}
    with tenancy.account(anna.account_id):
        assert [row.attributes["level"] for row in Contact.objects.all()] == [3, 3, 3]
        assert ContactTag.objects.filter(tag=tag).count() == 3


def test_a_colleague_is_told_once_for_all_who_came(anna: Customer) -> None:
    journey = Journey.begun(anna, {"id": "n", "do": "notify", "user": anna.owner.id, "text": "Call them"})
    journey.arrive(*journey.contacts())
    before = rows(PlatformReason.HOUSEKEEPING, Notice).filter(recipient=anna.owner.email).count()
    journey.advance()
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        found = Notice.objects.filter(recipient=anna.owner.email).order_by("id")
        assert found.count() == before + 1
        assert "Welcome" in found[before].subject


def test_another_automation_takes_over(anna: Customer, send: Step, wait: Step) -> None:
    other = Journey.begun(anna, wait, send)
    first = Journey.begun(anna, {"id": "g", "do": "go_to", "automation": other.automation_id})
    first.arrive(*first.contacts())
    first.advance()
    first.advance()
    assert set(first.at().values()) == {"finished"}
    assert set(other.at().values()) == {"w"}


def test_a_goal_ends_or_leads_on(anna: Customer, send: Step, again: Step) -> None:
    ends = Journey.begun(anna, send, goal={"if": IN_KIEL, "then": "end"})
    leads = Journey.begun(anna, send, again, goal={"if": IN_KIEL, "then": "b"})
    missed = Journey.begun(anna, send, goal={"if": NOWHERE, "then": "end"})
    for journey in (ends, leads, missed):
        journey.arrive(*journey.contacts())
    ends.advance()
    assert set(ends.at().values()) == {"goal"} and ends.planned() == []
    assert {name for _number, name in leads.planned()} == {"b"}
    assert len(missed.planned()) == 3

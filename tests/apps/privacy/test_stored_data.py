"""What a person's file says about automations, and that all of it goes with the person."""

from typing import Any

import psycopg

from mailflatrate.apps.automations.figures import version_figures
from mailflatrate.apps.automations.models import AutomationArrival, Enrolment, StepPassage
from mailflatrate.apps.automations.models.people import SegmentMember
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.base import tenancy
from support.automations import Journey, leave_traces
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.scope import within

TABLES = ("enrolment", "automation_arrival", "automation_member")
anna = per_test(sending_customer)
"""Anna, with three people who are in an automation."""


def stored(anna: Customer, contact_id: int) -> dict[str, Any]:
    found = within(anna, stored_about, contact_id, language="en")
    assert found is not None
    return found


def test_the_file_has_each_time_a_person_went_through_an_automation(anna: Customer) -> None:
    wait = {"id": "w", "do": "wait", "for": {"days": 2}}
    journey = Journey.begun(anna, {"id": "a", "do": "send", "campaign": "new"}, wait)
    dora, emil, _frieda = journey.contacts()
    journey.arrive(dora)
    journey.advance()
    (path,) = stored(anna, dora)["automations"]
    assert (path["automation"], path["list"]) == ("Welcome", "News from Lindenhof")
    assert (path["state"], path["why"], path["ended_at"]) == ("active", "", None)
    assert [(step["what"], step["result"]) for step in path["steps"]] == [("send", "")]
    assert stored(anna, emil)["automations"] == []


def test_no_path_of_an_erased_person_is_left_and_the_counts_stay(database: str, anna: Customer) -> None:
    automation_id = leave_traces(anna)
    journey = Journey(anna, automation_id)
    dora, emil, _frieda = journey.contacts()
    journey.arrive(dora)
    with tenancy.account(anna.account_id):
        passed = list(Enrolment.objects.filter(contact_id=dora).values_list("id", flat=True))
        assert StepPassage.objects.filter(enrolment_id__in=passed).exists()
        for model in (Enrolment, AutomationArrival, SegmentMember):
            assert model.objects.filter(contact_id=dora).exists(), model
        before = version_figures(journey.version().id).entered
        erase_for_customer(dora, by=anna.owner)
        assert not Contact.objects.filter(id=dora).exists()
        assert version_figures(journey.version().id).entered == before
        assert Enrolment.objects.filter(contact_id=emil).exists()
    with psycopg.connect(database) as owner:
        for table in TABLES:
            left = owner.execute(f"SELECT count(*) FROM {table} WHERE contact_id = %s", [dora]).fetchone()
            assert left == (0,), table
        query = "SELECT count(*) FROM enrolment_passage WHERE enrolment_id = ANY(%s)"
        assert owner.execute(query, [passed]).fetchone() == (0,)

"""What pages read: versions, a person's path, the people at a step; and nothing of other customers."""

from typing import Any

from mailflatrate.apps.automations import queries
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer, sending_customer

Step = dict[str, Any]


def test_a_persons_path_and_the_people_at_a_step(anna: Customer, send: Step, wait: Step) -> None:
    journey = Journey.begun(anna, send, wait)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    with tenancy.account(anna.account_id):
        (path,) = queries.paths_of(people[0])
        assert [(step.key, step.kind) for step in path.steps] == [("a", "send")]
        assert path.enrolment.step == "w"
        assert [row.contact_id for row in queries.people_at(journey.version().id, "w").people] == people
        assert [step.key for step in queries.steps_of(journey.version().id)] == ["a", "w"]
        assert queries.automations(state="active").get().id == journey.automation_id


def test_a_stranger_sees_nothing(anna: Customer, send: Step, wait: Step) -> None:
    journey = Journey.begun(anna, send, wait)
    people = journey.contacts()
    journey.arrive(*people)
    journey.advance()
    version = journey.version()
    with tenancy.account(sending_customer(1).account_id):
        assert not queries.automations().filter(id=journey.automation_id).exists()
        assert queries.paths_of(people[0]) == []
        assert queries.people_at(version.id, "w").people == []
        found = queries.versions_of(journey.automation_id)
        assert (found.current, found.draft, list(found.finishing)) == (None, None, [])

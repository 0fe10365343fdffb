"""Carries out a step for a batch of people who are due at it."""

from collections.abc import Sequence

from mailflatrate.apps.automations.engine.context import Person, VersionRun
from mailflatrate.apps.automations.engine.moving import Passed, leave, move
from mailflatrate.apps.automations.engine.steps import ACTIONS
from mailflatrate.apps.automations.models import AutomationStep, LeavingReason

GOAL = "goal"
"""The result of people who passed a step because they had met the goal."""


def act(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> None:
    """Carry out a step for people who are due at it. Those who have met the goal follow the goal instead."""
    people = _without_goal(run, step, people)
    if people:
        ACTIONS[step.kind].act(run, step, people)


def _without_goal(run: VersionRun, step: AutomationStep, people: Sequence[Person]) -> Sequence[Person]:
    goal = run.graph.goal
    met = [person for person in people if person.at_goal]
    if goal is None or not met:
        return people
    target = run.steps.get(goal.then)
    if target is None:
        leave(run, step, [person.enrolment_id for person in met], LeavingReason.GOAL)
    elif target.number > step.number:
        move(run, step, [Passed(person.enrolment_id, target.key, result=GOAL) for person in met])
    else:
        return people  # the goal leads back, or to where they are: they go on from here
    return [person for person in people if not person.at_goal]

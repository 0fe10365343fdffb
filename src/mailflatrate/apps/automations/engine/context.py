"""Data shared by a batch of people: the automation, the version, its graph and steps, and the time of the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation, AutomationStep, AutomationVersion
from mailflatrate.base import clock
from mailflatrate.rules.automations.graph import Graph

BATCH = 5_000
"""People of one step in one transaction; a withdrawal of one of them waits for its end."""


@dataclass(frozen=True, slots=True)
class VersionRun:
    """One version while the engine runs it. `home` is the account's time zone."""

    automation: Automation
    version: AutomationVersion
    graph: Graph
    steps: Mapping[str, AutomationStep]
    now: datetime
    home: str

    @property
    def first(self) -> AutomationStep:
        return min(self.steps.values(), key=lambda step: step.number)


class Person(NamedTuple):
    """`due_at` only where late steps have a rule, `zone` only where the automation has no-mail hours."""

    enrolment_id: int
    contact_id: int
    consent_event_id: int
    due_at: datetime | None
    zone: str | None
    refusal: str | None
    at_goal: bool
    met: bool
    passed_before: bool
    pause_days: int | None
    paused_until: datetime | None
    wording: str | None


class NotedArrival(NamedTuple):
    """Something that starts the automation for a contact; with an `event`, it ends their wait for it instead."""

    id: int
    contact_id: int
    at: datetime
    event: str


def run_of(version: AutomationVersion) -> VersionRun:
    steps = AutomationStep.objects.filter(version=version)
    return VersionRun(
        version.automation,
        version,
        graph_of(version),
        {step.key: step for step in steps},
        clock.now(),
        current_account().time_zone,
    )

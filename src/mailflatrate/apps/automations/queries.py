"""Scoped reads of automations, for pages and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from mailflatrate.apps.automations.models import (
    Automation,
    AutomationStep,
    AutomationVersion,
    Enrolment,
    EnrolmentState,
    StepPassage,
    VersionState,
)
from mailflatrate.base import tenancy

PAGE_ROWS = 50


def automations(*, state: str = "") -> QuerySet[Automation]:
    """Return the account's automations with their lists, newest first."""
    found = Automation.objects.select_related("mailing_list").order_by("-id")
    return found.filter(state=state) if state else found


@dataclass(frozen=True, slots=True)
class AutomationVersions:
    """The versions of an automation that a page shows. `draft` may be waiting for a reviewer."""

    current: AutomationVersion | None
    draft: AutomationVersion | None
    finishing: Sequence[AutomationVersion]


@tenancy.needs_account
def versions_of(automation_id: int) -> AutomationVersions:
    """Return the version that people enter, the draft of the next one, and the versions that people are finishing."""
    rows = AutomationVersion.objects.filter(automation_id=automation_id).select_related("automation").order_by("number")
    by_state: dict[str, list[AutomationVersion]] = {}
    for row in rows:
        by_state.setdefault(row.state, []).append(row)
    drafts = by_state.get(VersionState.DRAFT, []) + by_state.get(VersionState.RELEASING, [])
    current = by_state.get(VersionState.CURRENT, [])
    return AutomationVersions(
        current[0] if current else None, drafts[0] if drafts else None, by_state.get(VersionState.FINISHING, [])
    )


@tenancy.needs_account
def newest_version(automation_id: int) -> AutomationVersion:
    """Return the newest version, a draft or not. Raises AutomationVersion.DoesNotExist."""
    return AutomationVersion.objects.filter(automation_id=automation_id).latest("number")


@dataclass(frozen=True, slots=True)
class PassedStep:
    """A step on a person's path."""

    key: str
    kind: str
    at: datetime
    target: int
    result: str


@dataclass(frozen=True, slots=True)
class PersonPath:
    """One enrolment of a person, and the steps they passed in order."""

    enrolment: Enrolment
    steps: Sequence[PassedStep]


@tenancy.needs_account
def paths_of(
    contact_id: int, *, automation_id: int | None = None, before_id: int | None = None, limit: int | None = 20
) -> list[PersonPath]:
    """Return a person's enrolments, newest first, each with the path so far.

    `before_id`: only earlier ones. Without a limit, all of them.
    """
    rows = Enrolment.objects.filter(contact_id=contact_id).order_by("-id")
    rows = rows.select_related("automation", "version", "mailing_list")
    if automation_id is not None:
        rows = rows.filter(automation_id=automation_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    found = list(rows[:limit])
    kinds = {
        (version_id, key): kind
        for version_id, key, kind in AutomationStep.objects.filter(
            version_id__in={row.version_id for row in found}
        ).values_list("version_id", "key", "kind")
    }
    passed: dict[int, list[StepPassage]] = {}
    passages = StepPassage.objects.filter(enrolment_id__in=[row.id for row in found]).order_by(
        "enrolment_id", "at", "id"
    )
    for passage in passages:
        passed.setdefault(passage.enrolment_id, []).append(passage)
    return [
        PersonPath(
            row,
            [
                PassedStep(each.step, kinds.get((row.version_id, each.step), ""), each.at, each.target, each.result)
                for each in passed.get(row.id, [])
            ],
        )
        for row in found
    ]


@tenancy.needs_account
def people_at(version_id: int, step: str, *, limit: int = PAGE_ROWS) -> list[Enrolment]:
    """Return people who are at a step now, longest due first."""
    rows = Enrolment.objects.filter(version_id=version_id, step=step, state=EnrolmentState.ACTIVE)
    return list(rows.select_related("contact").order_by("due_at")[:limit])


def steps_of(version_id: int) -> QuerySet[AutomationStep]:
    """Return the compiled steps of a released version, in the order in which they are read."""
    return AutomationStep.objects.filter(version_id=version_id).order_by("number")

"""Scoped reads of automations, for pages and the API."""

from collections.abc import Mapping, Sequence
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
from mailflatrate.apps.automations.models.definition import LIVE
from mailflatrate.base import tenancy

PAGE_ROWS = 50
MAX_VERSIONS = 100
MAX_CURSOR_CHARACTERS = 60
MAX_CURSOR_DIGITS = 9


def automations(*, state: str = "", search: str = "") -> QuerySet[Automation]:
    """Return the account's automations with their lists, newest first; `search`: by a part of their name."""
    rows = Automation.objects.select_related("mailing_list").order_by("-id")
    if search:
        rows = rows.filter(name__icontains=search)
    return rows.filter(state=state) if state else rows


@dataclass(frozen=True, slots=True)
class AutomationVersions:
    """The versions of an automation that a page shows. `draft` may be waiting for a reviewer."""

    current: AutomationVersion | None
    draft: AutomationVersion | None
    finishing: Sequence[AutomationVersion]


@tenancy.needs_account
def versions_of(automation_id: int) -> AutomationVersions:
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
    key: str
    kind: str
    at: datetime
    target: int
    result: str
    campaign_id: int | None


@dataclass(frozen=True, slots=True)
class PersonPath:
    enrolment: Enrolment
    steps: Sequence[PassedStep]


@tenancy.needs_account
def paths_of(
    contact_id: int, *, automation_id: int | None = None, before_id: int | None = None, limit: int | None = 20
) -> list[PersonPath]:
    """Newest first. `before_id`: only earlier ones. `limit` None: all."""
    rows = Enrolment.objects.filter(contact_id=contact_id).order_by("-id")
    rows = rows.select_related("automation", "version", "mailing_list")
    if automation_id is not None:
        rows = rows.filter(automation_id=automation_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    enrolments = list(rows[:limit])
    steps = {
        (version_id, key): (kind, campaign_id)
        for version_id, key, kind, campaign_id in AutomationStep.objects.filter(
            version_id__in={row.version_id for row in enrolments}
        ).values_list("version_id", "key", "kind", "campaign_id")
    }
    passed: dict[int, list[StepPassage]] = {}
    passages = StepPassage.objects.filter(enrolment_id__in=[row.id for row in enrolments]).order_by(
        "enrolment_id", "at", "id"
    )
    for passage in passages:
        passed.setdefault(passage.enrolment_id, []).append(passage)
    return [
        PersonPath(row, [_passed(step_passage, row, steps) for step_passage in passed.get(row.id, [])])
        for row in enrolments
    ]


def _passed(
    passage: StepPassage, enrolment: Enrolment, steps: Mapping[tuple[int, str], tuple[str, int | None]]
) -> PassedStep:
    kind, campaign_id = steps.get((enrolment.version_id, passage.step), ("", None))
    return PassedStep(passage.step, kind, passage.at, passage.target, passage.result, campaign_id)


@dataclass(frozen=True, slots=True)
class PeopleCursor:
    """The end of a page of people: when the last of them is due, and how many of those due then were shown."""

    due_at: datetime
    shown: int

    def __str__(self) -> str:
        return f"{self.due_at.isoformat()}~{self.shown}"

    @classmethod
    def read(cls, text: str) -> "PeopleCursor | None":
        """Return the cursor of a URL; None for anything else."""
        moment, _tilde, digits = text[:MAX_CURSOR_CHARACTERS].partition("~")
        try:
            due_at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        is_number = digits.isascii() and digits.isdecimal() and len(digits) < MAX_CURSOR_DIGITS
        return cls(due_at, int(digits)) if is_number and due_at.tzinfo and 1900 < due_at.year < 9000 else None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    people: Sequence[Enrolment]
    next: PeopleCursor | None


@tenancy.needs_account
def people_at(version_id: int, step: str, *, after: PeopleCursor | None = None, limit: int = PAGE_ROWS) -> PeoplePage:
    """Return people who are at a step now. The index serves it, however many they are."""
    rows = Enrolment.objects.filter(version_id=version_id, step=step, state=EnrolmentState.ACTIVE)
    skipped = 0
    if after is not None:
        rows, skipped = rows.filter(due_at__gte=after.due_at), after.shown
    waiting = list(rows.select_related("contact").order_by("due_at", "id")[skipped : skipped + limit + 1])
    visible = waiting[:limit]
    if len(waiting) <= limit:
        return PeoplePage(visible, None)
    last = visible[-1].due_at
    before = skipped if after is not None and after.due_at == last else 0
    return PeoplePage(visible, PeopleCursor(last, before + sum(row.due_at == last for row in visible)))


@tenancy.needs_account
def released_versions(automation_id: int) -> list[AutomationVersion]:
    """Return the versions that were ever current, newest first, with who released them."""
    rows = AutomationVersion.objects.filter(automation_id=automation_id, state__in=[*LIVE, VersionState.OVER])
    return list(rows.select_related("automation__mailing_list", "released_by").order_by("-number")[:MAX_VERSIONS])


def steps_of(version_id: int) -> QuerySet[AutomationStep]:
    return AutomationStep.objects.filter(version_id=version_id).order_by("number")

"""Automations. Activating one is a release with the policy tick of a person who saw every message: on its page only."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope, User
from mailflatrate.apps.automations import queries
from mailflatrate.apps.automations.actions import running
from mailflatrate.apps.automations.figures import MessageFigures, StepFigures, VersionFigures, version_figures
from mailflatrate.apps.automations.models import (
    Automation,
    AutomationState,
    AutomationStep,
    AutomationVersion,
    EnrolmentState,
    LeavingReason,
    VersionState,
)
from mailflatrate.apps.automations.queries import PersonPath
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    before_id,
    filled,
    newest_first,
    page_of,
)
from mailflatrate.entrypoints.presenters.lookups import find_automation, find_automation_version, find_contact
from mailflatrate.rules.automations.steps import STEP_KINDS

ROUTER = Router(tags=["Automations"])
if TYPE_CHECKING:
    StepKind = str
else:
    StepKind = StrEnum("StepKind", {kind.upper(): kind for kind in STEP_KINDS})
    StepKind.__doc__ = "What a step does."
_Reasons = Annotated[dict[str, int], Field(description="people by reason", examples=[{"unsubscribed": 3}])]


class AutomationInfo(Schema):
    """An automation of one list."""

    id: int
    name: str
    list_id: int
    state: AutomationState
    paused_at: datetime | None
    created_at: datetime
    updated_at: datetime


class AutomationDetail(AutomationInfo):
    """An automation with its versions in use: the one that people enter, the draft of the next one, and those that
    people are finishing.
    """

    current_version_id: int | None
    draft_version_id: Annotated[int | None, Field(description="a draft, or a version that waits for a reviewer")]
    finishing_version_ids: list[int]


class AutomationVersionInfo(Schema):
    """A version of an automation. From its release on it stays as it is."""

    id: int
    number: int
    state: VersionState
    released_at: datetime | None
    content_hash: Annotated[str, Field(description="of the graph and all messages, from its release on")]


class AutomationMessageInfo(Schema):
    """The results of a step's message so far."""

    campaign_id: int
    planned: int
    sent: int
    bounced: int
    skipped: int
    clicked: int


class AutomationStepInfo(Schema):
    """A step, and how many people came to it, wait there, passed it and left.

    `targets` counts those who took each branch or arm; `results` those who passed without what the step does.
    """

    id: Annotated[str, Field(description="the step's id in the graph")]
    kind: StepKind
    entered: int
    waiting: int
    passed: int
    targets: Annotated[list[int], Field(description="in the order of the branches: met, not met; or of the arms")]
    results: _Reasons
    left: _Reasons
    message: AutomationMessageInfo | None


class AutomationVersionDetail(AutomationVersionInfo):
    """A version with its graph and its figures. A draft has no steps and no figures yet."""

    graph: Annotated[dict[str, Any], Field(description="what starts it, and its steps, as authored")]
    entered: int
    under_way: int
    finished: int
    left: _Reasons
    steps: list[AutomationStepInfo]


class PassedStepInfo(Schema):
    """A step that a person passed."""

    id: str
    kind: Annotated[str, Field(description="what the step does", examples=["send"])]
    at: datetime
    target: Annotated[int, Field(description="the branch or arm they took, from 0")]
    result: Annotated[str, Field(description="why they passed without what the step does; empty: it was done")]


class EnrolmentInfo(Schema):
    """One time that a person goes through an automation."""

    id: int
    automation_id: int
    version_id: int
    run: Annotated[int, Field(description="1 for the first time, then 2")]
    state: EnrolmentState
    step: Annotated[str, Field(description="where the person is, or left")]
    due_at: Annotated[datetime | None, Field(description="when that step acts; null once it is over")]
    why: Annotated[LeavingReason | None, Field(description="why the person left before the last step")]
    entered_at: datetime
    ended_at: datetime | None
    steps: list[PassedStepInfo]


class AutomationQuery(PageQuery):
    """Which automations to list."""

    state: AutomationState | None = None


def _shown(row: Automation) -> AutomationInfo:
    return filled(AutomationInfo, row, list_id=row.mailing_list_id)


def _one(automation_id: int) -> AutomationDetail:
    row = find_automation(automation_id)
    versions = queries.versions_of(automation_id)
    return filled(
        AutomationDetail,
        row,
        list_id=row.mailing_list_id,
        current_version_id=versions.current.id if versions.current else None,
        draft_version_id=versions.draft.id if versions.draft else None,
        finishing_version_ids=[version.id for version in versions.finishing],
    )


def _version(row: AutomationVersion) -> AutomationVersionInfo:
    return AutomationVersionInfo.model_validate(row)


def _step(step: AutomationStep, figures: VersionFigures) -> AutomationStepInfo:
    numbers = figures.steps.get(step.key, StepFigures())
    return AutomationStepInfo(
        id=step.key,
        kind=step.kind,
        entered=numbers.entered,
        waiting=numbers.waiting,
        passed=numbers.passed,
        targets=[numbers.targets.get(number, 0) for number in range(len(step.targets))],
        results=dict(numbers.results),
        left=dict(numbers.left),
        message=_message(step, figures.messages),
    )


def _message(step: AutomationStep, figures: Mapping[str, MessageFigures]) -> AutomationMessageInfo | None:
    if step.campaign_id is None:
        return None
    return filled(AutomationMessageInfo, figures.get(step.key, MessageFigures()), campaign_id=step.campaign_id)


def _enrolment(path: PersonPath) -> EnrolmentInfo:
    row = path.enrolment
    is_active = row.state == EnrolmentState.ACTIVE
    return filled(
        EnrolmentInfo,
        row,
        why=row.why or None,
        due_at=row.due_at if is_active else None,
        steps=[filled(PassedStepInfo, step, id=step.key) for step in path.steps],
    )


@endpoint(ROUTER, "get", "/automations", scope=KeyScope.READ)
def list_automations(request: ApiRequest, which: Query[AutomationQuery]) -> Page[AutomationInfo]:
    """List automations, newest first."""
    return newest_first(queries.automations(state=which.state or ""), which, _shown)


@endpoint(ROUTER, "get", "/automations/{automation_id}", scope=KeyScope.READ)
def show_automation(request: ApiRequest, automation_id: Id) -> AutomationDetail:
    """Show an automation and which of its versions are in use."""
    return _one(automation_id)


@endpoint(ROUTER, "get", "/automations/{automation_id}/versions", scope=KeyScope.READ)
def list_automation_versions(
    request: ApiRequest, automation_id: Id, which: Query[PageQuery]
) -> Page[AutomationVersionInfo]:
    """List the versions of an automation, newest first."""
    rows = AutomationVersion.objects.filter(automation=find_automation(automation_id))
    return newest_first(rows, which, _version)


@endpoint(ROUTER, "get", "/automations/{automation_id}/versions/{automation_version_id}", scope=KeyScope.READ)
def show_automation_version(
    request: ApiRequest, automation_id: Id, automation_version_id: Id
) -> AutomationVersionDetail:
    """Show a version with its graph, and how many people are at each step."""
    row = find_automation_version(automation_id, automation_version_id)
    figures = version_figures(row.id)
    return filled(
        AutomationVersionDetail,
        row,
        entered=figures.entered,
        under_way=figures.under_way,
        finished=figures.finished,
        left=dict(figures.left),
        steps=[_step(step, figures) for step in queries.steps_of(row.id)],
    )


@endpoint(ROUTER, "get", "/contacts/{contact_id}/automations", scope=KeyScope.READ)
def list_contact_automations(request: ApiRequest, contact_id: Id, which: Query[PageQuery]) -> Page[EnrolmentInfo]:
    """List the automations a contact went through, newest first. Each has the steps that the contact passed."""
    find_contact(contact_id)
    paths = queries.paths_of(contact_id, before_id=before_id(which.cursor), limit=which.limit + 1)
    return page_of(paths, which, _enrolment, id_of=lambda path: path.enrolment.id)


def _run(request: ApiRequest, automation_id: int, action: Callable[..., object]) -> AutomationDetail:
    user: User = request.caller.user
    find_automation(automation_id)
    action(automation_id, by=user)
    return _one(automation_id)


@endpoint(ROUTER, "post", "/automations/{automation_id}/pause", scope=KeyScope.CAMPAIGNS_RELEASE, protects=True)
def pause_automation(request: ApiRequest, automation_id: Id) -> AutomationDetail:
    """Pause an automation within a second. No one enters or moves on; planned messages wait."""
    return _run(request, automation_id, running.pause_automation)


@endpoint(ROUTER, "post", "/automations/{automation_id}/resume", scope=KeyScope.CAMPAIGNS_RELEASE)
def resume_automation(request: ApiRequest, automation_id: Id) -> AutomationDetail:
    """Resume a paused automation. Steps more than a day late follow its rule for late steps: send, skip or end."""
    return _run(request, automation_id, running.resume_automation)


@endpoint(ROUTER, "post", "/automations/{automation_id}/end", scope=KeyScope.CAMPAIGNS_RELEASE, protects=True)
def end_automation(request: ApiRequest, automation_id: Id) -> AutomationDetail:
    """End an automation. Everyone in it leaves, and unsent messages are canceled. You can't undo this."""
    return _run(request, automation_id, running.end_automation)

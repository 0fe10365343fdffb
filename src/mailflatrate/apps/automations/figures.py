"""People who came to each step, wait there, passed it and left, read from counts: fast at any size."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Sum

from mailflatrate.apps.automations.models import AutomationStep, AutomationVersion, StepCount
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.tracking.queries import clicks_by_campaign
from mailflatrate.base import tenancy

WHOLE = ""
"""The step whose counts are those of the whole version."""
ENTERED, PASSED, LEFT = "entered", "passed", "left"


@dataclass(frozen=True, slots=True)
class StepFigures:
    """`targets`: by position of branch or arm. `results`: who passed without the step's action; `left`: by reason."""

    entered: int = 0
    passed: int = 0
    targets: Mapping[int, int] = field(default_factory=dict)
    results: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def left_count(self) -> int:
        return sum(self.left.values())

    @property
    def waiting(self) -> int:
        return max(0, self.entered - self.passed - self.left_count)


@dataclass(frozen=True, slots=True)
class MessageFigures:
    planned: int = 0
    sent: int = 0
    bounced: int = 0
    skipped: int = 0
    clicked: int = 0


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """Of the version, of each step by its key, and of each message by the key of its step."""

    entered: int
    finished: int
    left: Mapping[str, int]
    steps: Mapping[str, StepFigures]
    messages: Mapping[str, MessageFigures]

    @property
    def under_way(self) -> int:
        return max(0, self.entered - self.finished - sum(self.left.values()))


@tenancy.needs_account
def version_figures(version_id: int) -> VersionFigures:
    """Return the figures of a version. It reads counts only, never people."""
    counts_by_step: dict[str, dict[str, dict[str, int]]] = {}
    rows = StepCount.objects.filter(version_id=version_id).values_list("step", "what", "detail")
    for step, what, detail, count in rows.annotate(n=Sum("count")):
        counts_by_step.setdefault(step, {}).setdefault(what, {})[detail] = count
    steps = {key: _step(counts) for key, counts in counts_by_step.items() if key != WHOLE}
    whole = _step(counts_by_step.get(WHOLE, {}))
    left: dict[str, int] = {}
    for figures in steps.values():
        for why, count in figures.left.items():
            left[why] = left.get(why, 0) + count
    return VersionFigures(whole.entered, whole.passed, left, steps, _messages(version_id))


def _step(counts: Mapping[str, Mapping[str, int]]) -> StepFigures:
    passed = counts.get(PASSED, {})
    return StepFigures(
        entered=sum(counts.get(ENTERED, {}).values()),
        passed=sum(passed.values()),
        targets={int(detail): count for detail, count in passed.items() if detail.isdigit()},
        results={detail: count for detail, count in passed.items() if not detail.isdigit()},
        left=dict(counts.get(LEFT, {})),
    )


def _messages(version_id: int) -> dict[str, MessageFigures]:
    steps = AutomationStep.objects.filter(version_id=version_id, campaign_id__isnull=False)
    campaigns = {number: key for number, key in steps.values_list("campaign_id", "key") if number is not None}
    settled: dict[int, dict[str, int]] = {number: {} for number in campaigns}
    tallies = Tally.objects.filter(campaign_id__in=list(campaigns)).values_list("campaign_id", "state")
    for campaign_id, state, count in tallies.annotate(n=Sum("count")):
        settled[campaign_id][state] = count
    clicks = clicks_by_campaign(list(campaigns))
    planned = _planned(list(campaigns))
    return {
        key: MessageFigures(
            planned=planned.get(number, 0),
            sent=settled[number].get(DeliveryState.SENT, 0),
            bounced=settled[number].get(DeliveryState.BOUNCED, 0),
            skipped=settled[number].get(DeliveryState.WITHHELD, 0),
            clicked=clicks.get(number, 0),
        )
        for number, key in campaigns.items()
    }


def _planned(campaign_ids: list[int]) -> dict[int, int]:
    return dict(Campaign.objects.filter(id__in=campaign_ids).values_list("id", "planned_count"))


@tenancy.needs_account
def under_way_by_automation(automation_ids: list[int]) -> dict[int, int]:
    versions = dict(
        AutomationVersion.objects.filter(automation_id__in=automation_ids).values_list("id", "automation_id")
    )
    totals = dict.fromkeys(automation_ids, 0)
    for version_id, people in under_way_by_version(list(versions)).items():
        totals[versions[version_id]] += people
    return totals


@tenancy.needs_account
def under_way_by_version(version_ids: list[int]) -> dict[int, int]:
    totals = dict.fromkeys(version_ids, 0)
    rows = StepCount.objects.filter(version_id__in=version_ids).values_list("version_id", "step", "what")
    for version_id, step, what, count in rows.annotate(n=Sum("count")):
        if step == WHOLE and what == ENTERED:
            totals[version_id] += count
        elif (step == WHOLE and what == PASSED) or (step != WHOLE and what == LEFT):
            totals[version_id] -= count
    return totals


@tenancy.needs_account
def entered_by_automation(automation_ids: list[int]) -> dict[int, int]:
    totals = dict.fromkeys(automation_ids, 0)
    rows = StepCount.objects.filter(version__automation_id__in=automation_ids, step=WHOLE, what=ENTERED)
    totals.update(rows.values_list("version__automation_id").annotate(n=Sum("count")).order_by())
    return totals

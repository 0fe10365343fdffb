"""The welcome series of a form: an ordinary automation that starts with it and has only messages and waits of whole
days. One with other steps is edited in the flow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import Automation, AutomationState, AutomationVersion
from mailflatrate.apps.campaigns.models import Campaign, ContentKind
from mailflatrate.base import tenancy
from mailflatrate.rules.automations.graph import EntryKind, Graph
from mailflatrate.rules.automations.steps import Send, Wait, WaitKind

MAX_MESSAGES: Final = 5
MAX_DAYS: Final = 365
RECIPE: Final = "welcome"
_VERSIONS_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A message of a series. `days`: after the message before it, or after the confirmation. `wait`: its wait's id."""

    step: str
    wait: str
    days: int
    campaign: Campaign

    @property
    def own_words(self) -> str | None:
        """Return the text if it is Markdown, which a plain field can edit; None for anything else."""
        return self.campaign.content if self.campaign.content_kind == ContentKind.MARKDOWN else None


@dataclass(frozen=True, slots=True)
class FormSeries:
    """The newest version of the automation that a form starts; `rows` None: it is more than a series of messages."""

    automation: Automation
    version: AutomationVersion
    rows: Sequence[SeriesRow] | None


@tenancy.needs_account
def series_of(form_id: int) -> FormSeries | None:
    """Return the newest automation that starts with a form and wasn't ended."""
    versions = AutomationVersion.objects.filter(graph__entry__on=EntryKind.CONFIRMED, graph__entry__form=form_id)
    versions = versions.exclude(automation__state=AutomationState.ENDED).select_related("automation").order_by("-id")
    for version in versions[:_VERSIONS_LOOKED_AT]:
        later = AutomationVersion.objects.filter(automation_id=version.automation_id, number__gt=version.number)
        if not later.exists():
            return FormSeries(version.automation, version, rows_of(version))
    return None


@tenancy.needs_account
def rows_of(version: AutomationVersion) -> list[SeriesRow] | None:
    """Return the messages of a version; None if it is more than a series."""
    graph = graph_of(version)
    messages = Campaign.objects.in_bulk(graph.campaigns())
    rows: list[SeriesRow] = []
    waits: list[Wait] = []
    for step in graph.steps:
        if isinstance(step, Wait) and _is_of_days(step):
            waits.append(step)
        elif isinstance(step, Send) and step.campaign in messages and len(waits) <= 1:
            wait = waits.pop() if waits else None
            days = wait.wait.days if wait is not None and wait.wait is not None else 0
            rows.append(SeriesRow(step.id, wait.id if wait else "", days, messages[step.campaign]))
        else:
            return None
    return rows if not waits and len(rows) <= MAX_MESSAGES and _is_plain(graph) else None


def _is_of_days(step: Wait) -> bool:
    rule = step.wait
    return (
        rule is not None
        and rule.kind is WaitKind.FOR
        and 0 < rule.days <= MAX_DAYS
        and not (rule.hours or rule.minutes)
    )


def _is_plain(graph: Graph) -> bool:
    return graph.goal is None or graph.goal.then == "end"

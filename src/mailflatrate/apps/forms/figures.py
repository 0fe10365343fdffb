"""How often a form was viewed, started, submitted and confirmed, by placement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from django.db.models import Sum

from mailflatrate.apps.forms.models import FormCount, FormStep
from mailflatrate.base import clock, tenancy

DAYS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class PlacementFigures:
    """The visitors of one placement; `placement` is empty for plain HTML, which reports nothing."""

    placement: str
    views: int
    starts: int
    signups: int
    confirmed: int

    @property
    def percent(self) -> float | None:
        """Return the share of views that became confirmed subscribers, in percent; None without views."""
        return min(100.0, 100 * self.confirmed / self.views) if self.views else None


@tenancy.needs_account
def placement_figures(form_id: int, days: int = DAYS_SHOWN) -> Sequence[PlacementFigures]:
    """Return a form's figures of the last days by placement, the one with most confirmations first."""
    since = clock.now().astimezone(UTC).date() - timedelta(days=days - 1)
    rows = FormCount.objects.filter(form_id=form_id, day__gte=since).values_list("placement", "what")
    found: dict[str, dict[str, int]] = {}
    for placement, what, number in rows.annotate(n=Sum("count")):
        found.setdefault(placement, {})[what] = number
    figures = [
        PlacementFigures(placement, *(counts.get(step.value, 0) for step in FormStep))
        for placement, counts in found.items()
    ]
    return sorted(figures, key=lambda each: (-each.confirmed, -each.views, each.placement))

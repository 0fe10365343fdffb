"""How far visitors of forms came, by placement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from django.db.models import Sum

from mailflatrate.apps.forms.models import FormCount, FormStep
from mailflatrate.base import clock, tenancy

DAYS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class PlacementFigures:
    placement: str
    views: int
    starts: int
    signups: int
    confirmed: int

    @property
    def percent(self) -> float | None:
        """Confirmed subscribers per view; None without views."""
        return min(100.0, 100 * self.confirmed / self.views) if self.views else None


@tenancy.needs_account
def placement_figures(form_id: int, days: int = DAYS_SHOWN) -> Sequence[PlacementFigures]:
    """Of the last days, the placement with most confirmations first."""
    since = clock.now().astimezone(UTC).date() - timedelta(days=days - 1)
    rows = FormCount.objects.filter(form_id=form_id, day__gte=since).values_list("placement", "what")
    by_placement: dict[str, dict[str, int]] = {}
    for placement, what, number in rows.annotate(n=Sum("count")):
        by_placement.setdefault(placement, {})[what] = number
    figures = [
        PlacementFigures(placement, *(counts.get(step.value, 0) for step in FormStep))
        for placement, counts in by_placement.items()
    ]
    return sorted(figures, key=lambda row: (-row.confirmed, -row.views, row.placement))


@tenancy.needs_account
def text_figures(form_id: int, placement: str, keys: Sequence[str]) -> Sequence[PlacementFigures]:
    rows = FormCount.objects.filter(form_id=form_id, placement=placement, compared_text__in=keys)
    by_text: dict[str, dict[str, int]] = {}
    for key, what, number in rows.values_list("compared_text", "what").annotate(n=Sum("count")):
        by_text.setdefault(key, {})[what] = number
    return [
        PlacementFigures(placement, *(by_text.get(key, {}).get(step.value, 0) for step in FormStep)) for key in keys
    ]


@dataclass(frozen=True, slots=True)
class FormConversion:
    name: str
    signups: int
    confirmed: int

    @property
    def percent(self) -> float | None:
        """None without sign-ups."""
        return min(100.0, 100 * self.confirmed / self.signups) if self.signups else None


@tenancy.needs_account
def conversions(days: int = DAYS_SHOWN) -> Sequence[FormConversion]:
    since = clock.now().astimezone(UTC).date() - timedelta(days=days - 1)
    rows = FormCount.objects.filter(day__gte=since, what__in=(FormStep.SIGNUP, FormStep.CONFIRMED))
    by_name: dict[str, dict[str, int]] = {}
    for _form_id, name, what, number in rows.values_list("form_id", "form__name", "what").annotate(n=Sum("count")):
        counts = by_name.setdefault(name, {})
        counts[what] = counts.get(what, 0) + number
    lines = [
        FormConversion(name, counts.get(FormStep.SIGNUP, 0), counts.get(FormStep.CONFIRMED, 0))
        for name, counts in by_name.items()
    ]
    return sorted(lines, key=lambda line: (-line.signups, -line.confirmed, line.name))

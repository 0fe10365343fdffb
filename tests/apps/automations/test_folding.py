"""Counts that are folded say the same in fewer rows."""

from typing import Any

from mailflatrate.apps.automations.figures import version_figures
from mailflatrate.apps.automations.jobs import fold_counts
from mailflatrate.apps.automations.models import StepCount
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer


def test_folding_changes_no_figure(anna: Customer, wait: dict[str, Any]) -> None:
    journey = Journey.begun(anna, wait)
    for number in journey.contacts():
        journey.arrive(number)
        journey.advance()
    version_id = journey.version().id
    with tenancy.account(anna.account_id):
        before, rows = version_figures(version_id), StepCount.objects.filter(version_id=version_id).count()
    fold_counts(many_rows=1)
    with tenancy.account(anna.account_id):
        assert version_figures(version_id) == before
        assert StepCount.objects.filter(version_id=version_id).count() < rows

"""Figures by step, from counts: fast, the same as counting people, and the same once they are folded."""

from typing import Any

from django.db import connection

from mailflatrate.apps.automations.figures import under_way_by_automation, version_figures
from mailflatrate.apps.automations.jobs import fold_counts
from mailflatrate.apps.automations.models import StepCount
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer
from support.scope import within

Step = dict[str, Any]


def test_figures_say_where_people_are(anna: Customer, send: Step, wait: Step) -> None:
    journey = Journey.begun(anna, send, wait)
    journey.arrive(*journey.contacts())
    journey.advance()
    with tenancy.account(anna.account_id):
        figures = version_figures(journey.version().id)
        assert under_way_by_automation([journey.automation_id]) == {journey.automation_id: 3}
    assert (figures.entered, figures.finished, figures.under_way) == (3, 0, 3)
    assert (figures.steps["a"].entered, figures.steps["a"].passed, figures.steps["a"].waiting) == (3, 3, 0)
    assert (figures.steps["w"].entered, figures.steps["w"].waiting) == (3, 3)
    assert figures.messages["a"].planned == 3


def test_figures_of_many_batches_are_the_same_before_and_after_the_fold(anna: Customer, send: Step, wait: Step) -> None:
    """What a million people in batches of 5,000 leave behind, without the hourly fold."""
    journey = Journey.begun(anna, send, wait)
    version = journey.version()
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO automation_count (account_id, version_id, step, what, detail, count)"
            " SELECT %s, %s, step, what, '0', 5000 FROM generate_series(1, 200),"
            " unnest(ARRAY['a', 'w']) step, unnest(ARRAY['entered', 'passed']) what",
            [anna.account_id, version.id],
        )
        figures = version_figures(version.id)
    assert figures.steps["a"].entered == 1_000_000
    assert fold_counts(many_rows=10) >= 1
    assert within(anna, version_figures, version.id) == figures


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

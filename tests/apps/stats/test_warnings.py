"""Open warnings reach people: on the home page, on the account's page, and in one message for several at a time."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.stats import action_texts, actions, queries
from mailflatrate.apps.stats.models import Measure
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.feedback.measures import FigureScope, MeasureLevel, ThresholdCause
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.people import browser
from support.scope import within

anna = per_test(sending_customer, 5)


def measured(
    anna: Customer,
    cause: ThresholdCause = ThresholdCause.COMPLAINTS,
    scope: FigureScope = FigureScope.DAY,
    **more: Any,
) -> Measure:
    """A measure of Anna's account as the judge would write it."""
    values = {
        "level": MeasureLevel.WARN.value,
        "rule": "R-86",
        "events": 2,
        "base": 1764,
        "limit_percent": 0.10,
        "day": queries.today(),
        "at": clock.now(),
    }
    with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
        return Measure.objects.create(account_id=anna.account_id, cause=cause.value, scope=scope, **{**values, **more})


def told(anna: Customer) -> list[Notice]:
    with tenancy.account(house_account().id):
        told = Notice.objects.filter(kind=NoticeKind.ACCOUNT_STATUS, recipient=anna.owner.email)
        return [notice for notice in told.order_by("id") if "warning" in notice.text or "paused" in notice.text]


def text(client: Any, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("events", "base", "limit", "shown"),
    [
        (104, 100_000, 0.10, "0.104% (warning from 0.10%)"),
        (1_001, 50_000, 2.0, "2.002% (warning from 2.00%)"),
        (5_001, 500_000, 1.0, "1.0002% (warning from 1.00%)"),
        (127, 100_000, 0.125, "0.13% (warning from 0.125%)"),
        (104, 50_000, 0.10, "0.21% (warning from 0.10%)"),
    ],
)
def test_a_breach_that_rounding_would_hide_is_shown(
    anna: Customer, events: int, base: int, limit: float, shown: str
) -> None:
    cause = ThresholdCause.COMPLAINTS if limit < 1 else ThresholdCause.HARD_BOUNCES
    measured(anna, cause, events=events, base=base, limit_percent=limit)
    assert shown in text(anna.client, "/studio/")
    assert f"({shown.partition(' ')[0]})" in text(anna.client, "/studio/settings/status/")


def test_home_and_the_accounts_page_show_a_warning_with_figure_limit_and_remedy(anna: Customer) -> None:
    assert "Nothing to do" in text(anna.client, "/studio/")
    measured(anna)
    home, status = text(anna.client, "/studio/"), text(anna.client, "/studio/settings/status/")
    for page in (home, status):
        assert "Complaints: 0.11% (warning from 0.10%)" in page
        assert "what they signed up for" in page
    assert "Nothing to do" not in home
    assert 'href="/studio/settings/status/#warnings"' in home
    assert "2 of 1,764 recipients reported" in status


def test_many_warnings_are_one_line_that_leads_to_all_of_them(anna: Customer) -> None:
    for cause in (ThresholdCause.COMPLAINTS, ThresholdCause.HARD_BOUNCES, ThresholdCause.NEW_COMPLAINTS):
        measured(anna, cause)
    assert "3 rates are in the warning range" in text(anna.client, "/studio/")
    assert text(anna.client, "/studio/settings/status/").count("R-86") == 3


def test_the_same_figure_within_a_day_and_within_a_week_is_one_warning(anna: Customer) -> None:
    measured(anna, scope=FigureScope.DAY)
    measured(anna, scope=FigureScope.WEEK, level=MeasureLevel.THROTTLE.value)
    (open_one,) = within(anna, queries.open_warnings)
    assert open_one.level == MeasureLevel.THROTTLE.value, "the strongest stays"


def test_a_warning_ends_when_it_is_lifted_or_its_days_are_over(anna: Customer) -> None:
    measured(anna, at=clock.now() - timedelta(days=2), day=queries.today() - timedelta(days=2))
    measured(
        anna,
        ThresholdCause.HARD_BOUNCES,
        lifted_at=clock.now(),
        lifted_by=anna.owner,
        lifted_because="A mistake of ours.",
    )
    assert within(anna, queries.open_warnings) == []


def test_warnings_that_come_together_are_one_message_with_a_subject_of_its_own(anna: Customer) -> None:
    measured(anna, scope=FigureScope.DAY)
    measured(anna, scope=FigureScope.WEEK)
    measured(anna, ThresholdCause.HARD_BOUNCES, events=30, base=1000, limit_percent=1.0, rule="R-88")
    actions.tell_about_measures(anna.account_id)
    (message,) = told(anna)
    with tenancy.account(anna.account_id), translation.override("en"):
        name = anna.owner.memberships.get().account.name
    assert message.subject == f"{name}: 2 rates in the warning range"
    assert message.text.count("Complaints: 0.11% (warning from 0.10%)") == 1
    assert "Hard bounces: 3.00% (warning from 1.00%)" in message.text
    actions.tell_about_measures(anna.account_id)
    assert len(told(anna)) == 1, "nobody is told twice"


def test_a_single_warning_names_its_figure_in_the_subject(anna: Customer) -> None:
    measured(anna)
    actions.tell_about_measures(anna.account_id)
    assert told(anna)[0].subject.endswith(": Complaints: 0.11% (warning from 0.10%)")


def test_a_pause_comes_first_in_the_subject(anna: Customer) -> None:
    campaign = anna.sending("Bulbs")
    measured(anna)
    measured(
        anna,
        ThresholdCause.UNSUBSCRIBES,
        FigureScope.CAMPAIGN,
        level=MeasureLevel.PAUSE_CAMPAIGN.value,
        campaign=campaign,
        day=None,
    )
    actions.tell_about_measures(anna.account_id)
    message = told(anna)[0]
    assert message.subject.endswith(": a campaign is paused, and 1 more warning")
    assert f"/studio/campaigns/{campaign.id}/" in message.text


@pytest.mark.parametrize("cause", list(ThresholdCause))
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_cause_has_a_title_in_both_languages(cause: ThresholdCause, language: str) -> None:
    with translation.override(language):
        made = action_texts.title(
            Measure(cause=cause.value, level=1, events=4, base=100, limit_percent=2, provider="google")
        )
    assert "4" in made
    assert ("Warnung ab" in made) == (language == "de")


def test_carla_sees_nothing_of_annas_warnings(anna: Customer) -> None:
    measured(anna)
    carla = Customer.registered("Carla's Cafe").owner
    assert "0.11%" not in text(browser(carla), "/studio/")
    assert "0.11%" not in text(browser(carla), "/studio/settings/status/")

"""The calendar: what is sent when, and moving a scheduled campaign."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.gate.actions import move_campaign, release_campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.campaigns.calendar_range import CalendarRange, read_day, read_range
from support.customers import Customer, sending_customer
from support.people import browser, person

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = "/studio/campaigns/calendar/"


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.sampled_from(["month", "week"]))
def test_a_page_has_whole_weeks_and_its_neighbors_follow_without_a_gap(day: date, view: str) -> None:
    shown = read_range(view, day.isoformat(), date(2026, 1, 1))
    assert day in shown.days
    assert shown.days[0].weekday() == 0
    assert len(shown.days) % 7 == 0
    assert len(shown.days) <= 42
    assert read_range(view, shown.next.isoformat(), day).first <= shown.days[-1] + timedelta(days=1)
    assert shown.previous < shown.first or shown.is_outside(shown.previous) or view == "week"
    in_month = [each for each in shown.days if not shown.is_outside(each)]
    assert view == "week" or (in_month[0].day == 1 and (in_month[-1] + timedelta(days=1)).day == 1)


def test_unreadable_days_mean_today_and_a_page_ends_at_midnight_of_its_zone() -> None:
    today = date(2026, 11, 28)
    for text in ("", "2026-13-01", "2026-11-31", "20261128", "1999-12-31", "2101-01-01", "x" * 500):
        assert read_day(text) is None
        assert read_range("year", text, today) == CalendarRange("month", today)
    begin, end = CalendarRange("week", date(2026, 3, 29)).moments(BERLIN)
    assert end - begin == timedelta(days=7), "on the clock"
    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(days=7, hours=-1), "summer time begins"


def scheduled(anna: Customer, at: datetime, name: str = "Winter bulbs") -> Campaign:
    campaign = anna.ticked(anna.draft(name))
    with tenancy.account(anna.account_id):
        assert release_campaign(campaign.id, by=anna.owner, at=at).allowed
    return campaign


@pytest.mark.usefixtures("database")
def test_a_scheduled_campaign_moves_by_day_and_by_form_and_others_say_why_not() -> None:
    anna = sending_customer()
    at = (clock.now().astimezone(BERLIN) + timedelta(days=40)).replace(hour=9, minute=30, second=0, microsecond=0)
    campaign, later = scheduled(anna, at), at + timedelta(days=2)
    shown = anna.client.get(f"{CALENDAR}?day={at.date()}").content.decode()
    move = f"/studio/campaigns/{campaign.id}/move/"
    assert f'data-move-url="{move}"' in shown
    assert "09:30" in shown
    dropped = {"to": later.date().isoformat(), "view": "week", "day": later.date().isoformat()}
    moved = anna.client.post(move, dropped)
    assert moved.headers["Location"] == f"{CALENDAR}?view=week&day={later.date()}"
    assert anna.again(campaign).scheduled_at == at.replace(day=later.day, month=later.month, year=later.year)
    assert "Move to another time" in anna.client.get(move).content.decode()
    typed = {"at": f"{at.date()}T18:05", "time_zone": "Europe/Berlin"}
    assert anna.client.post(move, typed).status_code == 303
    kept = at.replace(hour=18, minute=5)
    assert anna.again(campaign).scheduled_at == kept
    assert anna.client.post(move, typed | {"at": "2026-01-01T09:00"}).status_code == 422
    anna.client.post(move, {"to": "2026-01-01"})
    assert anna.again(campaign).scheduled_at == kept, "the past takes nothing"
    assert "This time has passed" in anna.client.get(CALENDAR).content.decode()
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT, started_at=clock.now())
    assert "It has been sent" in anna.client.get(CALENDAR).content.decode()
    assert anna.client.post(move, dropped).status_code == 409
    draft = anna.draft("Just begun")
    assert anna.client.post(f"/studio/campaigns/{draft.id}/move/", dropped).status_code == 409
    with tenancy.account(anna.account_id), pytest.raises(CampaignError, match="Only a scheduled campaign"):
        move_campaign(draft.id, by=anna.owner, at=later)
    assert anna.again(draft).state == CampaignState.DRAFT


@pytest.mark.usefixtures("database")
def test_a_refused_move_keeps_the_time_and_no_stranger_moves_anything() -> None:
    anna, at = sending_customer(), clock.now() + timedelta(days=40)
    assert "Nothing planned here" in anna.client.get(CALENDAR).content.decode()
    campaign = scheduled(anna, at)
    move, to = f"/studio/campaigns/{campaign.id}/move/", {"to": (at + timedelta(days=3)).date().isoformat()}
    carla = sending_customer(people=0)
    assert carla.client.get(move).status_code == 404
    assert carla.client.post(move, to).status_code == 404
    assert "Winter bulbs" not in carla.client.get(f"{CALENDAR}?day={at.date()}").content.decode()
    ben = browser(person(anna.account_id, "Ben Berger", Role.AUTHOR))
    shown = ben.get(f"{CALENDAR}?day={at.date()}").content.decode()
    assert "Winter bulbs" in shown
    assert "data-move-url" not in shown
    assert "Your role doesn&#x27;t allow" in shown
    assert ben.post(move, to).status_code == 403
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(policy_hash="")
    anna.client.post(move, to)
    kept = anna.again(campaign)
    assert (kept.state, kept.scheduled_at) == (CampaignState.SCHEDULED, at)

"""The monthly report: right figures of the right month, to those who were chosen, once."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import translation

from mailflatrate.apps.accounts.actions.people import limit_member
from mailflatrate.apps.accounts.models import Membership, Notice, Role
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.growth import PeriodGrowth, growth_between
from mailflatrate.apps.stats.models import MonthlyReport
from mailflatrate.apps.stats.monthly_report import (
    CampaignFigures,
    MonthFigures,
    choose_readers,
    chosen_readers,
    month_before,
    month_figures,
    queue_reports,
    report_facts,
    send_report,
)
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from support.customers import Customer, sending_customer
from support.people import person
from support.scope import rows

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_facts_say_each_figure_beside_that_of_the_month_before() -> None:
    one = CampaignFigures(
        settled=2_000, delivered=1_950, hard=20, unsubscribed=6, complaints=1, tracked=1_000, clicks=110
    )
    now = MonthFigures(PeriodGrowth(1_200, 50, 16, 1_234), (("Bulbs", one), ("Tulips", CampaignFigures())), one)
    before = MonthFigures(PeriodGrowth(1_190, 10, 0, 1_200), (), CampaignFigures())
    with translation.override("de"):
        facts = report_facts("Lindenhof", date(2026, 10, 1), now, before)
    assert facts["month"] == "Oktober 2026"
    assert [line["value"] for line in facts["growth"]] == ["1.234 (1.200)", "50 (10)", "16 (0)"]
    shares = ["2 (0)", "97,5 % (–)", "11,0 % (–)", "0,31 % (–)", "1,00 % (–)", "0,051 % (–)"]
    assert [line["value"].replace("\xa0", " ") for line in facts["rates"]] == shares
    assert facts["campaigns"][1] == "Tulips: 0 zugestellt"
    assert month_before(date(2026, 1, 31)) == date(2025, 12, 1)


def begun(anna: Customer, name: str, at: datetime, *, delivered: int, hard: int = 0) -> Campaign:
    campaign = anna.sending(name)
    anna.settle(campaign, DeliveryState.SENT, delivered)
    if hard:
        anna.settle(campaign, DeliveryState.BOUNCED, hard, bounce="hard")
    rows(anna, Campaign).filter(id=campaign.id).update(started_at=at, finished_at=at)
    return campaign


def test_the_figures_are_those_of_campaigns_that_began_in_the_month_in_the_accounts_zone() -> None:
    anna = sending_customer(people=4)
    inside = begun(anna, "Bulbs", datetime(2026, 9, 30, 22, 30, tzinfo=UTC), delivered=3, hard=1)
    begun(anna, "Before", datetime(2026, 9, 30, 21, 30, tzinfo=UTC), delivered=2)
    with tenancy.account(anna.account_id):
        edition = Edition.objects.get(campaign_id=inside.id).id
        for machine in (True, False, False):
            Click.objects.create(campaign=inside, edition_id=edition, link_number=1, machine=machine)
        got = Delivery.objects.filter(campaign=inside, state="sent").order_by("id").values_list("id", flat=True)
        for delivery_id, kind in zip(got, (FeedbackKind.UNSUBSCRIBE, FeedbackKind.COMPLAINT), strict=False):
            Feedback.objects.create(delivery_id=delivery_id, campaign=inside, kind=kind)
        october = month_figures(date(2026, 10, 1), BERLIN)
        assert [name for name, _ in october.campaigns] == ["Bulbs"]
        assert october.total == CampaignFigures(
            settled=4, delivered=3, hard=1, unsubscribed=1, complaints=1, tracked=3, clicks=2
        )
        assert [name for name, _ in month_figures(date(2026, 9, 1), BERLIN).campaigns] == ["Before"]
        now = clock.now()
        growth = growth_between(now - timedelta(days=400), now + timedelta(seconds=1))
        assert growth == PeriodGrowth(0, 4, 0, 4)
        assert growth_between(now - timedelta(days=800), now - timedelta(days=400)) == PeriodGrowth(0, 0, 0, 0)


def test_it_is_sent_once_to_those_chosen_who_see_the_whole_account() -> None:
    anna, carla = sending_customer(people=1), sending_customer(people=1)
    ben = person(anna.account_id, "Ben Berger", Role.VIEWER)
    mia = person(anna.account_id, "Mia", Role.ADMIN)
    owner = carla.owner
    chosen = {"reader": [anna.owner.id, ben.id, mia.id, owner.id]}
    assert anna.client.post("/studio/settings/monthly-report/", chosen).status_code == 303
    with tenancy.account(anna.account_id):
        assert chosen_readers() == {anna.owner.id, ben.id, mia.id}, "a stranger can't be chosen"
        membership = Membership.objects.get(user=mia)
    limit_member(anna.account_id, membership.id, [anna.list_id], by=anna.owner)
    with clock.frozen_at(datetime(2031, 3, 8, 6, tzinfo=UTC)):
        queue_reports()
    assert not rows(anna, MonthlyReport).exists()
    month = date(2031, 2, 1)
    with clock.frozen_at(datetime(2031, 3, 2, 6, tzinfo=UTC)):
        assert queue_reports() >= 1
        assert send_report(anna.account_id, month) == 2
        assert send_report(anna.account_id, month) == 0, "never twice"
        assert send_report(carla.account_id, month) == 0, "no one wanted it"
    with tenancy.platform(tenancy.PlatformReason.OPERATOR_DESK):
        sent = Notice.objects.filter(recipient__in=[anna.owner.email, ben.email, mia.email, owner.email])
        to = sorted(sent.filter(subject__contains="February 2031").values_list("recipient", flat=True))
    assert to == sorted([anna.owner.email, ben.email])
    with tenancy.account(anna.account_id):
        choose_readers([], by=anna.owner)
        assert chosen_readers() == set()
    assert send_report(anna.account_id, date(2031, 3, 1)) == 0

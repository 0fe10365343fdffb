"""From an event to the measure: figures from real rows, each step once, held by the database, lifted by a person."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection

from mailflatrate.apps.abuse.models import Case, CaseKind, Report, ReportChannel
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, AccountStatus, Notice, Strike, User
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.actions.campaigns import resume_campaign
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin
from mailflatrate.apps.intake.origin_review import waiting_declarations
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin, MailingList, OriginState
from mailflatrate.apps.stats import actions, queries
from mailflatrate.apps.stats.models import DailyFigure, Measure
from mailflatrate.apps.stats.queries import Dimension
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.feedback.measures import MeasureLevel
from support.customers import Customer, sending_customer, sends_since
from support.origins import approve_origin
from support.scope import within

PEOPLE = 400


@pytest.fixture
def anna() -> Customer:
    """Of an account that has been sending for months: rates alone decide (test_rates.py has the ceilings of others)."""
    found = sending_customer(PEOPLE)
    sends_since(found.account_id, 100)
    return found


def running(anna: Customer, *, hard: int = 0, complaints: int = 0) -> Campaign:
    """A half-sent campaign; `hard` of its messages bounced hard, and `complaints` of the others led to a complaint."""
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, PEOPLE // 2 - hard)
    if hard:
        anna.settle(campaign, DeliveryState.BOUNCED, hard, bounce="hard")
    complain(anna, campaign, complaints)
    return campaign


def complain(anna: Customer, campaign: Campaign, count: int) -> None:
    with tenancy.account(anna.account_id):
        known = Feedback.objects.filter(campaign=campaign).values_list("delivery_id", flat=True)
        rows = Delivery.objects.filter(campaign_id=campaign.id, state=DeliveryState.SENT).exclude(id__in=list(known))
        for row in rows.order_by("id")[:count]:
            Feedback.objects.create(
                delivery_id=row.id, campaign=campaign, contact_id=row.contact_id, kind=FeedbackKind.COMPLAINT
            )


def status(anna: Customer) -> str:
    with tenancy.account(anna.account_id):
        return str(Account.objects.get(id=anna.account_id).status)


def taken(anna: Customer) -> list[tuple[str, str, int]]:
    with tenancy.account(anna.account_id):
        return list(Measure.objects.order_by("id").values_list("scope", "cause", "level"))


def reviewer() -> User:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return User.objects.filter(is_staff=True).latest("id")


def test_figures_are_made_anew_without_doubling(anna: Customer) -> None:
    campaign = running(anna, hard=3, complaints=2)
    for _ in range(2):
        actions.refresh_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        [row] = DailyFigure.objects.filter(campaign=campaign)
        assert (row.settled, row.delivered, row.hard, row.complaints) == (200, 197, 3, 2)
        assert (row.provider, row.mailing_list_id, row.sender_domain) == ("other", anna.list_id, "lindenhof.example")
        week = queries.window_counts(7)
        assert (week.settled, week.reporting, week.complaints) == (200, 197, 2)
        by = {one: queries.rates_by(one, 7) for one in Dimension}
        assert by[Dimension.LIST][anna.list_id] == by[Dimension.DOMAIN]["lindenhof.example"] == week


def test_what_is_older_than_the_window_does_not_count(anna: Customer) -> None:
    campaign = running(anna, hard=3)
    with tenancy.account(anna.account_id):
        Delivery.objects.filter(campaign_id=campaign.id).update(settled_at=clock.now() - timedelta(days=7))
    actions.refresh_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        assert queries.window_counts(7).settled == 0
        assert queries.window_counts(8).settled == 200


def test_a_dead_list_stops_the_mailing_and_the_account_once(anna: Customer) -> None:
    """R-88: 6 % of the first addresses do not exist."""
    campaign = running(anna, hard=12)
    for _ in range(3):
        actions.judge_campaign(anna.account_id, campaign.id)
    assert taken(anna) == [("mailing", "hard_bounces", MeasureLevel.SUSPEND)]
    assert anna.again(campaign).state == CampaignState.PAUSED
    assert status(anna) == AccountStatus.SUSPENDED
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Strike.objects.filter(account_id=anna.account_id).count() == 1
        letters = Notice.objects.filter(recipient=anna.owner.email, kind="standing")
        assert any("12" in letter.text and "200" in letter.text for letter in letters)


def test_complaints_climb_step_by_step(anna: Customer) -> None:
    campaign = running(anna, complaints=2)
    actions.judge_campaign(anna.account_id, campaign.id)
    assert taken(anna) == [("mailing", "complaints", MeasureLevel.WARN)]
    assert (status(anna), anna.again(campaign).state) == (AccountStatus.ACTIVE, CampaignState.SENDING)
    complain(anna, campaign, 1)
    actions.judge_campaign(anna.account_id, campaign.id)
    assert taken(anna)[1:] == [("mailing", "complaints", MeasureLevel.SUSPEND)]
    assert (status(anna), anna.again(campaign).state) == (AccountStatus.SUSPENDED, CampaignState.PAUSED)


def test_one_report_changes_nothing(anna: Customer) -> None:
    """R-87: a warning at most."""
    campaign = running(anna, complaints=1)
    actions.judge_campaign(anna.account_id, campaign.id)
    actions.refresh_campaign(anna.account_id, campaign.id)
    actions.judge_account(anna.account_id)
    assert (status(anna), anna.again(campaign).state) == (AccountStatus.ACTIVE, CampaignState.SENDING)
    assert {level for _, _, level in taken(anna)} <= {MeasureLevel.WARN}


def test_a_held_mailing_goes_on_only_after_a_reviewer(anna: Customer) -> None:
    """R-90: neither by the button, nor by SQL; a reviewer lifts it, with a reason."""
    campaign = running(anna, hard=5)
    actions.judge_campaign(anna.account_id, campaign.id)
    assert taken(anna) == [("mailing", "hard_bounces", MeasureLevel.PAUSE_CAMPAIGN)]
    assert status(anna) == AccountStatus.ACTIVE
    with tenancy.account(anna.account_id), pytest.raises(CampaignError):
        resume_campaign(campaign.id)
    for attack in ("state = 'sending'", "hold_rule = ''", "hold_rule = '', state = 'sending'"):
        with (
            pytest.raises(ProgrammingError, match="R-90"),
            tenancy.account(anna.account_id),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE campaign SET {attack} WHERE id = %s", [campaign.id])
    with tenancy.account(anna.account_id):
        measure = Measure.objects.get()
    with pytest.raises(AccountError):
        actions.lift_measure(measure.id, by=reviewer(), because=" ")
    actions.lift_measure(measure.id, by=reviewer(), because="They removed the old half of the list.")
    within(anna, resume_campaign, campaign.id)
    actions.judge_campaign(anna.account_id, campaign.id)
    assert anna.again(campaign).state == CampaignState.SENDING, "the same figures do not stop it again"


def cases(anna: Customer) -> list[tuple[str, int | None, int]]:
    """Cases opened by the figures: kind, campaign, number of reports."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = Case.objects.filter(account_id=anna.account_id).order_by("id")
        return [(case.kind, case.campaign_id, case.reports.count()) for case in found]


def test_what_goes_beyond_a_warning_is_a_case_with_its_figures(anna: Customer) -> None:
    """R-86: a person decides; one case, however often the figures are judged; a warning opens none."""
    campaign = running(anna, complaints=2)
    actions.judge_campaign(anna.account_id, campaign.id)
    assert taken(anna) == [("mailing", "complaints", MeasureLevel.WARN)]
    assert cases(anna) == []
    complain(anna, campaign, 1)
    for _ in range(2):
        actions.judge_campaign(anna.account_id, campaign.id)
    assert cases(anna) == [(CaseKind.FIGURES, campaign.id, 1)]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        [report] = Report.objects.filter(case__account_id=anna.account_id)
        assert (report.via, report.notice["events"], report.notice["of"]) == (ReportChannel.FIGURES, 3, 200)
        assert report.text == "3 of 200 recipients reported a campaign as spam (1.50%)."


def test_a_dead_list_goes_back_to_the_reviewer(anna: Customer) -> None:
    """R-88: the origin that was approved is looked at again, once; until then nobody who was imported is mailed."""
    approve_origin(anna.account_id, anna.list_id)
    campaign = running(anna, hard=12)
    for _ in range(2):
        actions.judge_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        mailing_list = MailingList.objects.get(id=anna.list_id)
        assert mailing_list.origin_state == OriginState.WAITING
        first, copy = ListOrigin.objects.filter(mailing_list=mailing_list).order_by("version")
    assert (first.state, copy.state) == (DeclarationState.APPROVED, DeclarationState.WAITING)
    assert (copy.dead, copy.dead_of, copy.wording, copy.decided_by) == (12, 200, first.wording, None)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert copy in waiting_declarations()
        assert Notice.objects.filter(recipient=anna.owner.email, kind="origin", subject__contains="again").count() == 1
    decide_origin(copy.id, OriginDecision.APPROVE, reviewer=reviewer(), reason="They cleaned it.")
    with tenancy.account(anna.account_id):
        assert MailingList.objects.get(id=anna.list_id).origin_state == OriginState.APPROVED


def test_a_list_of_own_forms_has_no_declaration_to_look_at(anna: Customer) -> None:
    campaign = running(anna, hard=12)
    actions.judge_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        assert MailingList.objects.get(id=anna.list_id).origin_state == OriginState.FORM
        assert not ListOrigin.objects.exists()


def test_a_customer_neither_takes_nor_lifts_measures(anna: Customer) -> None:
    campaign = running(anna, hard=5)
    actions.judge_campaign(anna.account_id, campaign.id)
    for attack in ("DELETE FROM measure", "UPDATE measure SET lifted_at = now(), lifted_because = 'x'"):
        with pytest.raises(ProgrammingError), tenancy.account(anna.account_id), connection.cursor() as cursor:
            cursor.execute(attack)

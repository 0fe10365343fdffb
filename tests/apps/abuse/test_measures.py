"""What the desk does from a case: each needs a reason, is on record in two places, and touches this account alone."""

import pytest

from mailflatrate.apps.abuse.actions import measures
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder
from mailflatrate.apps.abuse.actions.report_sources import ByHand, open_by_hand
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseQuestion, CaseState, EventKind, Report
from mailflatrate.apps.accounts.models import Account, AccountStatus, Strike, User
from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.returned_mail import SentCampaign, sent_campaign
from support.scope import rows, within

sent = per_test(sent_campaign)


def open_case(otto: User, about: str = "", reporter: str = "") -> Case:
    return open_by_hand(ByHand(about, "unasked", "She called.", reporter, "", "en"), by=otto)


def take(case: Case, measure: CaseAction, otto: User, reason: str = "Several reports.", **more: int | bool) -> None:
    measures.take_measure(case.id, MeasureOrder(measure, reason, **more), by=otto)  # type: ignore[arg-type]


def now(case: Case) -> Case:
    return rows(PlatformReason.OPERATOR_DESK, Case).get(id=case.id)


def actions(case: Case) -> list[tuple[str, str]]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = AuditEntry.objects.filter(subject=f"case:{case.reference}").order_by("id")
        return [(row.action, row.reason) for row in found]


@pytest.mark.parametrize("measure", CaseAction)
def test_nothing_is_done_without_a_reason(sent: SentCampaign, otto: User, measure: CaseAction) -> None:
    case = open_case(otto, sent.campaign.mailing_id)
    before = actions(case)
    with pytest.raises(AbuseError, match="reason"):
        take(case, measure, otto, "  ")
    assert actions(case) == before


@pytest.mark.parametrize("measure", [each for each in CaseAction if each is not CaseAction.SUPPRESS])
def test_a_case_about_no_account_acts_on_none(otto: User, measure: CaseAction) -> None:
    with pytest.raises(AbuseError, match="which campaign"):
        take(open_case(otto), measure, otto)


@pytest.mark.parametrize(
    ("measure", "status"),
    [
        (CaseAction.THROTTLE, AccountStatus.THROTTLED),
        (CaseAction.PAUSE, AccountStatus.PAUSED),
        (CaseAction.SUSPEND, AccountStatus.SUSPENDED),
    ],
)
def test_an_account_is_restricted_once_and_told_why(
    sent: SentCampaign, otto: User, measure: CaseAction, status: AccountStatus
) -> None:
    case = open_case(otto, sent.campaign.mailing_id)
    take(case, measure, otto, " Reports from three people. ")
    assert rows(sent.anna, Account).get(id=sent.anna.account_id).status == status
    assert actions(case)[-1] == (f"case.{measure.value}", "Reports from three people.")
    event = rows(PlatformReason.OPERATOR_DESK, CaseEvent).filter(case=case, kind=EventKind.MEASURE).latest("id")
    assert event.details["measure"] == measure.value
    with pytest.raises(AbuseError):
        take(case, measure, otto)


def test_a_strike_counts_for_this_account_alone(sent: SentCampaign, otto: User) -> None:
    carla = Customer.registered("Clausen")
    take(open_case(otto, sent.campaign.mailing_id), CaseAction.STRIKE, otto)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Strike.objects.filter(account_id=sent.anna.account_id).count() == 1
        assert not Strike.objects.filter(account_id=carla.account_id).exists()


def test_a_question_is_asked_with_a_date_and_never_names_a_recipient_by_itself(sent: SentCampaign, otto: User) -> None:
    case = open_case(otto, sent.campaign.mailing_id)
    take(case, CaseAction.ASK, otto, "Where is this address from?")
    question = rows(PlatformReason.OPERATOR_DESK, CaseQuestion).get(case=case)
    assert (question.text, question.contact_id) == ("Where is this address from?", None)
    assert question.due_at > question.asked_at
    assert now(case).state == CaseState.ASKED


def test_a_campaign_is_held_and_let_through_again(otto: User) -> None:
    anna = sending_customer(people=2)
    campaign = anna.sending()
    case = open_case(otto, campaign.mailing_id)
    with pytest.raises(AbuseError, match="isn't holding"):
        take(case, CaseAction.RELEASE, otto)
    take(case, CaseAction.FREEZE, otto)
    assert now(case).frozen and anna.again(campaign).state == CampaignState.PAUSED
    assert anna.again(campaign).hold_rule
    take(case, CaseAction.RELEASE, otto)
    assert not now(case).frozen and not anna.again(campaign).hold_rule


def test_a_campaign_that_is_over_is_not_held(sent: SentCampaign, otto: User) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        type(sent.campaign).objects.filter(id=sent.campaign.id).update(state=CampaignState.CANCELLED)
    with pytest.raises(AbuseError, match="nothing left to hold"):
        take(open_case(otto, sent.campaign.mailing_id), CaseAction.FREEZE, otto)


def test_the_person_of_a_report_is_left_alone_by_everyone(sent: SentCampaign, otto: User) -> None:
    reader, carla = sent.reader(0), Customer.registered("Clausen")
    case = open_case(otto, sent.campaign.mailing_id, reader.email)
    with pytest.raises(AbuseError, match="Choose the report"):
        take(case, CaseAction.SUPPRESS, otto)
    found = rows(PlatformReason.OPERATOR_DESK, Report).filter(case=case).latest("id")
    take(case, CaseAction.SUPPRESS, otto, report_id=found.id)
    for account_id in (sent.anna.account_id, carla.account_id):
        assert within(account_id, is_suppressed, bytes(reader.address_key))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert (Report.objects.get(id=found.id).effect, Report.objects.get(id=found.id).platform) == ("complaint", True)


def test_a_report_of_another_case_is_not_taken(sent: SentCampaign, otto: User) -> None:
    other = open_case(otto, "", sent.reader(1).email)
    theirs = rows(PlatformReason.OPERATOR_DESK, Report).filter(case=other).latest("id")
    with pytest.raises(AbuseError, match="Choose the report"):
        take(open_case(otto, sent.campaign.mailing_id), CaseAction.SUPPRESS, otto, report_id=theirs.id)

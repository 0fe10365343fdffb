"""An operator's work on a case: what belongs together is joined, and nothing is closed without a reason."""

import secrets

import pytest

from mailflatrate.apps.abuse.actions import case_handling, report_sources
from mailflatrate.apps.abuse.actions.report_sources import ByHand
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.export import redacted
from mailflatrate.apps.abuse.models import Case, CaseEvent, CaseState, Cause, EventKind, Report
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.cast import per_test
from support.returned_mail import SentCampaign, sent_campaign

case = per_test(sent_campaign)


def by_hand(otto: User, about: str = "") -> Case:
    reporter = f"dora{secrets.randbelow(10**15)}@post{secrets.token_hex(4)}.example"
    return report_sources.open_by_hand(ByHand(about, "unasked", "She called.", reporter, "Dora", "en"), by=otto)


def now(found: Case) -> Case:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Case.objects.get(id=found.id)


def events(found: Case) -> list[str]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(CaseEvent.objects.filter(case=found).order_by("id").values_list("kind", flat=True))


def test_a_nameless_case_gets_its_campaign_and_the_next_one_joins_it(case: SentCampaign, otto: User) -> None:
    first, second = by_hand(otto), by_hand(otto)
    assert first.id != second.id
    assert case_handling.attribute(first.id, f"It says {case.campaign.mailing_id}", by=otto).id == first.id
    assert now(first).account_id == case.anna.account_id
    assert case_handling.attribute(second.id, case.campaign.mailing_id, by=otto).id == first.id
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        rows = list(Report.objects.filter(case_id=first.id).values_list("account_id", flat=True))
    assert rows == [case.anna.account_id] * 2, "both reports are in it, and the account's"
    merged = now(second)
    assert (merged.state, merged.merged_into_id) == (CaseState.CLOSED, first.id)
    assert EventKind.MERGED in events(first)
    with pytest.raises(AbuseError, match="merged"):
        case_handling.reopen(second.id, "By mistake.", by=otto)


@pytest.mark.parametrize("told", ["", "no id here", "4K7Q-92XD-0"])
def test_what_names_no_campaign_changes_nothing(otto: User, told: str) -> None:
    found = by_hand(otto)
    with pytest.raises(AbuseError, match="No campaign"):
        case_handling.attribute(found.id, told, by=otto)
    assert now(found).account_id is None


def test_a_case_is_closed_once_with_a_reason_and_reopened_with_one(case: SentCampaign, otto: User) -> None:
    found = by_hand(otto, case.campaign.mailing_id)
    with pytest.raises(AbuseError, match="what you found"):
        case_handling.close(found.id, Cause.FALSE_ALARM, "  ", by=otto)
    case_handling.close(found.id, Cause.FALSE_ALARM, "They had asked for it.", by=otto)
    with pytest.raises(AbuseError, match="already closed"):
        case_handling.close(found.id, Cause.FALSE_ALARM, "Once more.", by=otto)
    with pytest.raises(AbuseError, match="Reopen it first"):
        case_handling.attribute(found.id, case.campaign.mailing_id, by=otto)
    with pytest.raises(AbuseError, match="reason"):
        case_handling.reopen(found.id, "", by=otto)
    case_handling.reopen(found.id, "New evidence.", by=otto)
    assert (now(found).state, now(found).cause, now(found).closed_by_id) == (CaseState.OPEN, "", None)


def test_two_open_cases_about_one_campaign_are_never_made_by_reopening(case: SentCampaign, otto: User) -> None:
    old = by_hand(otto, case.campaign.mailing_id)
    case_handling.close(old.id, Cause.FALSE_ALARM, "They had asked for it.", by=otto)
    new = by_hand(otto, case.campaign.mailing_id)
    assert new.id != old.id
    with pytest.raises(AbuseError, match="Another case"):
        case_handling.reopen(old.id, "New evidence.", by=otto)


def test_what_leaves_the_house_names_nobody(case: SentCampaign) -> None:
    """The same address is the same hash, so that reports can be told apart; tokens are gone."""
    text = redacted(case.mail(0).decode())
    assert case.reader(0).email not in text and case.reader(0).email.partition("@")[0] not in text
    assert case.reader(0).email.partition("@")[2] in text, "the domain stays: the other party needs it"
    for purpose in (TokenPurpose.VERP, TokenPurpose.MESSAGE_ID, TokenPurpose.FEEDBACK, TokenPurpose.UNSUBSCRIBE):
        assert case.token(purpose) not in text, purpose
    assert redacted("dora@a.example") == redacted("Dora@a.example") != redacted("dorb@a.example")

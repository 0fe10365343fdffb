"""What the desk finds and what it sees first: by any trace of a message, and named cases before nameless spam."""

from datetime import timedelta

import pytest

from mailflatrate.apps.abuse.actions import report_sources
from mailflatrate.apps.abuse.actions.report_sources import ByHand
from mailflatrate.apps.abuse.models import Case
from mailflatrate.apps.abuse.queries.figures import desk_figures
from mailflatrate.apps.abuse.queries.queue import neighbours, queue
from mailflatrate.apps.abuse.queries.search import SearchResults, search
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.returned_mail import SentCampaign
from support.scope import within

OF_A_MESSAGE = [TokenPurpose.VERP, TokenPurpose.MESSAGE_ID, TokenPurpose.FEEDBACK, TokenPurpose.UNSUBSCRIBE]


@pytest.fixture(scope="module")
def opened(case: SentCampaign, otto: User) -> Case:
    return by_hand(otto, about=case.campaign.mailing_id, reporter="dora.anruf@post.example")


def by_hand(otto: User, *, about: str = "", reporter: str = "", complaint: str = "unasked") -> Case:
    given = ByHand(about, complaint, "She called about onions.", reporter, "Dora Anruf", "en")
    return report_sources.open_by_hand(given, by=otto)


def found(text: str) -> SearchResults:
    return within(PlatformReason.OPERATOR_DESK, search, text)


@pytest.mark.parametrize("purpose", OF_A_MESSAGE)
def test_every_token_of_a_message_leads_to_its_recipient(
    case: SentCampaign, opened: Case, purpose: TokenPurpose
) -> None:
    results = found(f"Return-Path: <b+{case.token(purpose, 1).upper()}@bounce.lindenhof.example>")
    assert results.how == "token"
    assert [person.id for person in results.people] == [case.reader(1).id]
    assert [row.id for row in results.campaigns] == [case.campaign.id]
    assert [row.id for row in results.cases] == [opened.id]


def test_a_forged_token_leads_nowhere(case: SentCampaign) -> None:
    token = case.token(TokenPurpose.VERP)
    forged = f"{token[:-1]}{'0' if token[-1] != '0' else '1'}"
    results = found(forged)
    assert results.how != "token" and not results.people and not results.campaigns


@pytest.mark.parametrize("spelled", [str.lower, str.upper, lambda text: f"Ref {text.replace('-', ' ')}!"])
def test_a_reference_is_found_as_people_spell_it(opened: Case, spelled: object) -> None:
    assert callable(spelled)
    assert found(str(spelled(opened.reference))).only_case == opened


def test_an_address_leads_to_the_report_the_person_and_the_mailing_id_to_the_campaign(
    case: SentCampaign, opened: Case
) -> None:
    assert [row.id for row in found("Dora.Anruf@Post.example").cases] == [opened.id]
    reader = case.reader(0)
    assert [person.id for person in found(f"<{reader.email.upper()}>").people] == [reader.id]
    by_id = found(f"It says {case.campaign.mailing_id} below")
    assert (by_id.how, [row.id for row in by_id.campaigns]) == ("mailing_id", [case.campaign.id])
    assert [row.id for row in by_id.accounts] == [case.anna.account_id]


def test_a_token_of_a_case_leads_to_the_case(opened: Case) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        report = opened.reports.get()
    assert found(key_ring().seal(TokenPurpose.CASE, 0, report.id)).only_case == opened


def test_a_named_case_comes_before_any_amount_of_old_spam(otto: User, opened: Case) -> None:
    with clock.frozen_at(clock.now() - timedelta(days=20)):
        spam = [by_hand(otto, reporter=f"spam{number}@junk{number}.example") for number in range(5)]
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        order = [row.case.id for row in queue()]
        before, _after = neighbours(spam[0])
    places = [order.index(one.id) for one in spam]
    assert order.index(opened.id) < min(places)
    assert before is not None


def test_a_report_that_waits_past_its_deadline_counts_as_late(case: SentCampaign, otto: User) -> None:
    begin = clock.now() - timedelta(days=900)
    with clock.frozen_at(begin + timedelta(days=1)):
        late = by_hand(otto, reporter="spaet@junk99.example")
    end = begin + timedelta(days=2)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        due = late.reports.get().answer_due_at
        at_once = desk_figures(begin, end, begin + timedelta(days=1)).answers
        later = desk_figures(begin, end, clock.now()).answers
    if due is None:
        pytest.fail("a report from a person has a deadline for its answer")
    assert (at_once.waiting, at_once.late) == (1, 0)
    assert (later.waiting, later.late, later.in_time_percent) == (1, 1, 0.0)

"""R-82: deadlines on the clock, what freezes a campaign, what is most urgent; R-78: what a report may do."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from mailflatrate.mail.reading.values import ReturnedMessageKind
from mailflatrate.rules.feedback.cases import (
    CaseFacts,
    Urgency,
    answer_due,
    may_send_receipt,
    must_freeze,
    proof_due,
    urgency,
)
from mailflatrate.rules.feedback.reports import DeskMailFacts, Effect, ReportFacts, Tray, judge_report, sort_desk_mail

ZONE = "Europe/Berlin"
BERLIN = ZoneInfo(ZONE)
TUESDAY = datetime(2026, 11, 24, 15, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (TUESDAY, TUESDAY + timedelta(days=1)),
        (datetime(2026, 11, 27, 12, 0, tzinfo=BERLIN), datetime(2026, 11, 30, 12, 0, tzinfo=BERLIN)),
        (datetime(2026, 11, 28, 9, 0, tzinfo=BERLIN), datetime(2026, 12, 1, 0, 0, tzinfo=BERLIN)),
        (datetime(2026, 11, 29, 23, 59, tzinfo=BERLIN), datetime(2026, 12, 1, 0, 0, tzinfo=BERLIN)),
        # The night in which the clocks change is a working day like others by the wall clock.
        (datetime(2026, 10, 23, 18, 0, tzinfo=BERLIN), datetime(2026, 10, 26, 18, 0, tzinfo=BERLIN)),
    ],
)
def test_the_first_answer_is_due_after_one_working_day(opened: datetime, due: datetime) -> None:
    assert answer_due(opened, ZONE) == due


def test_proof_is_due_after_two_days() -> None:
    assert proof_due(TUESDAY) - TUESDAY == timedelta(hours=48)


def test_two_recipients_freeze_and_one_never_does() -> None:
    """R-87: nor does one who writes ten times."""
    assert not must_freeze([])
    assert not must_freeze([7] * 10)
    assert must_freeze([7, 7, 8])


def test_a_receipt_once_a_week() -> None:
    assert may_send_receipt(None, TUESDAY)
    assert not may_send_receipt(TUESDAY, TUESDAY + timedelta(days=6, hours=23))
    assert may_send_receipt(TUESDAY, TUESDAY + timedelta(days=7))


def test_what_presses_most_comes_first() -> None:
    calm = CaseFacts(TUESDAY + timedelta(hours=20), None, False, False, True, True)
    rising = [
        replace(calm, answer_due=None, needs_person=False),
        replace(calm, answer_due=None, has_reporter=False),
        calm,
        replace(calm, answer_due=TUESDAY + timedelta(hours=2)),
        replace(calm, dangerous=True),
        replace(calm, answer_due=TUESDAY - timedelta(minutes=1)),
    ]
    assert [urgency(facts, TUESDAY) for facts in rising] == sorted(Urgency)
    assert urgency(replace(calm, answer_due=None, proof_due=TUESDAY), TUESDAY) is Urgency.OVERDUE


def test_nothing_acts_without_a_token_of_ours() -> None:
    """R-78, for every combination of the rest."""
    for proved, machine, desk, vouched in product((True, False), repeat=4):
        assert judge_report(ReportFacts(False, proved, machine, desk, vouched)).effect is Effect.NOTHING
    assert judge_report(ReportFacts(True, False, True, True, False)).effect is Effect.NOTHING
    assert judge_report(ReportFacts(True, False, False, True, False)).effect is Effect.UNSUBSCRIBE
    assert not judge_report(ReportFacts(True, True, True, False, True)).platform
    assert judge_report(ReportFacts(True, True, False, True, True)).platform


def test_only_the_mailbox_itself_makes_a_complaint_count() -> None:
    """A signature shows who writes, a token that they have the message; neither makes them its recipient."""
    for proved, machine, desk in product((True, False), repeat=3):
        judgement = judge_report(ReportFacts(True, proved, machine, desk, False))
        assert (judgement.platform, judgement.counts) == (False, False)
    assert judge_report(ReportFacts(True, True, False, True, False)).effect is Effect.UNSUBSCRIBE
    assert judge_report(ReportFacts(True, True, True, True, True)).counts


def test_whatever_names_a_mailing_of_ours_reaches_a_person() -> None:
    """Spam filters before us, bulk headers and missing recipients notwithstanding."""
    for bulk, marked, named in product((True, False), repeat=3):
        facts = DeskMailFacts(ReturnedMessageKind.OTHER, True, False, bulk, marked, named)
        assert sort_desk_mail(facts) is Tray.CASE
    assert sort_desk_mail(DeskMailFacts(ReturnedMessageKind.OTHER, False, False, True, False, True)) is Tray.APART
    assert sort_desk_mail(DeskMailFacts(ReturnedMessageKind.OTHER, False, False, False, False, False)) is Tray.APART
    automatic = DeskMailFacts(ReturnedMessageKind.AUTO_REPLY, False, False, False, False, True)
    assert sort_desk_mail(automatic) is Tray.NOWHERE
    assert sort_desk_mail(DeskMailFacts(ReturnedMessageKind.REPLY, False, False, False, False, True)) is Tray.CASE

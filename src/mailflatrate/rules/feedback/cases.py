"""Deadlines, freezing and urgency of cases at the abuse desk (R-82, R-87). Pure: it gets all times as arguments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from mailflatrate.rules.limits import value

PROOF_WITHIN = timedelta(hours=value("case_proof_hours"))
FREEZE_REPORTS = int(value("case_freeze_reports"))
RECEIPT_PAUSE = timedelta(days=value("case_receipt_days"))
SOON = timedelta(hours=3)
_FRIDAY = 4


class Urgency(IntEnum):
    """How urgent a case is; higher comes first."""

    RESTS = 0
    QUIET = 1
    NORMAL = 2
    SOON = 3
    PRESSING = 4
    OVERDUE = 5


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The facts that decide how urgent a case is. Times are aware.

    `answer_due` is set until the reporter is answered, `proof_due` while a question to the customer is open.
    `dangerous`: illegal content, or a sender that pretends to be someone else. `needs_person`: the next step is the
    desk's.
    """

    answer_due: datetime | None
    proof_due: datetime | None
    dangerous: bool
    frozen: bool
    needs_person: bool
    has_reporter: bool


def answer_due(opened: datetime, zone: str) -> datetime:
    """Return the deadline for an answer: one working day after `opened` (aware) in the operator's time zone.

    A case opened on Friday noon is due on Monday noon, and one opened at the weekend counts as opened on Monday
    morning. Public holidays count as working days, which makes the deadline earlier.
    """
    days = int(value("case_answer_working_days"))
    local = opened.astimezone(ZoneInfo(zone))
    if local.weekday() > _FRIDAY:
        local = _weekday(datetime.combine(local.date() + timedelta(days=1), time(), ZoneInfo(zone)))
    for _ in range(days):
        local = _weekday(local + timedelta(days=1))
    return local.astimezone(opened.tzinfo)


def _weekday(moment: datetime) -> datetime:
    """Return the same time of day, moved to Monday if it falls on a weekend."""
    while moment.weekday() > _FRIDAY:
        moment += timedelta(days=1)
    return moment


def proof_due(asked: datetime) -> datetime:
    """Return the deadline for customers to show how they got the consent (R-82)."""
    return asked + PROOF_WITHIN


def must_freeze(recipients: Iterable[int]) -> bool:
    """Return whether reports from several recipients freeze a campaign until they are answered (R-82).

    `recipients` are deliveries that were reported from the recipient's own mailbox, independently of each other. Not
    counted are reports with a mailing ID or token of a message that may have been forwarded (RFC 9477 section 6.2), and
    those of feedback loops, which are judged as a share of deliveries (R-86).
    """
    return len(set(recipients)) >= FREEZE_REPORTS


def may_send_receipt(last: datetime | None, now: datetime) -> bool:
    """Return whether a sender may get an automatic reply (R-73, RFC 3834 section 2): at most one in seven days."""
    return last is None or now - last >= RECEIPT_PAUSE


def urgency(facts: CaseFacts, now: datetime) -> Urgency:
    due = [moment for moment in (facts.answer_due, facts.proof_due) if moment is not None]
    if any(moment <= now for moment in due):
        return Urgency.OVERDUE
    if facts.dangerous or (facts.frozen and facts.needs_person):
        return Urgency.PRESSING
    if facts.answer_due is not None and facts.answer_due - now <= SOON:
        return Urgency.SOON
    if not facts.needs_person:
        return Urgency.RESTS
    return Urgency.NORMAL if facts.has_reporter else Urgency.QUIET

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
    RESTS = 0
    QUIET = 1
    NORMAL = 2
    SOON = 3
    PRESSING = 4
    OVERDUE = 5


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Times are aware. `answer_due` until the reporter is answered, `proof_due` while a question to the customer is
    open. `dangerous`: illegal content or impersonation. `needs_person`: the next step is the desk's.
    """

    answer_due: datetime | None
    proof_due: datetime | None
    dangerous: bool
    frozen: bool
    needs_person: bool
    has_reporter: bool


def answer_due(opened: datetime, zone: str) -> datetime:
    """One working day after `opened` (aware) in the operator's zone: Friday noon is due on Monday noon, the weekend
    counts as Monday morning. Public holidays count as working days, which makes it earlier.
    """
    days = int(value("case_answer_working_days"))
    local = opened.astimezone(ZoneInfo(zone))
    if local.weekday() > _FRIDAY:
        local = _weekday(datetime.combine(local.date() + timedelta(days=1), time(), ZoneInfo(zone)))
    for _ in range(days):
        local = _weekday(local + timedelta(days=1))
    return local.astimezone(opened.tzinfo)


def _weekday(moment: datetime) -> datetime:
    while moment.weekday() > _FRIDAY:
        moment += timedelta(days=1)
    return moment


def proof_due(asked: datetime) -> datetime:
    return asked + PROOF_WITHIN


def must_freeze(recipients: Iterable[int]) -> bool:
    """Reports of several recipients freeze a campaign until answered (R-82). `recipients` reported independently from
    their own mailboxes: not by the ID or token of a message that may have been forwarded (RFC 9477 section 6.2), nor by
    feedback loops, which are a share of deliveries (R-86).
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

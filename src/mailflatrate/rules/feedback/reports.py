"""What a report may do on its own (R-78, R-79, R-87), and how mail to the abuse desk is sorted. Pure.

Two questions decide about a report. Does it contain one of our own tokens, which only people who had the message have?
Does its sender prove who they are, by an aligned DKIM signature or as a feedback loop that we know? With both it takes
effect at once. A person who writes without the second is removed from all lists, which any holder of the message may
request anyway (R-43); a machine without it has no effect (RFC 9477 section 3.5). Everything else waits for a person at
the desk.

A token shows that a person had the message, and a signature shows who writes. Neither shows that the writer is the
recipient, because messages are forwarded. A complaint counts, and stops mail from all senders, only if its sender is
the recipient or the provider of the recipient's mailbox. From anyone else it stops no more than the unsubscribe link
does.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from mailflatrate.mail.reading.values import ReturnedMessageKind


class Effect(Enum):
    """The effects that a report can have for the person it is about."""

    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The facts of a complaint that decide its consequences.

    `has_token`: one of our tokens of a delivery was verified. `sender_proved`: see the module. `is_machine`: a feedback
    report, not a person's message. `reached_desk`: it came to the abuse desk, not through a feedback loop. `vouched`:
    the proved sender is the recipient, or is responsible for their mailbox.
    """

    has_token: bool
    sender_proved: bool
    is_machine: bool
    reached_desk: bool
    vouched: bool


@dataclass(frozen=True, slots=True)
class ReportJudgement:
    """The judgment on a report. `platform`: the consequence applies to all accounts (R-79).

    `counts`: the complaint counts in rates (R-85).
    """

    effect: Effect
    platform: bool = False
    counts: bool = False


def judge_report(facts: ReportFacts) -> ReportJudgement:
    """Return the immediate effect of a complaint. In any case it also opens or joins a case."""
    if facts.has_token and facts.sender_proved and facts.vouched:
        return ReportJudgement(Effect.COMPLAINT, platform=facts.reached_desk, counts=True)
    if facts.has_token and facts.sender_proved and facts.is_machine:
        return ReportJudgement(Effect.COMPLAINT)
    if facts.has_token and not facts.is_machine:
        return ReportJudgement(Effect.UNSUBSCRIBE)
    return ReportJudgement(Effect.NOTHING)


class Tray(StrEnum):
    """Where mail to the desk is sorted: to a person, into the optional tray, or nowhere."""

    CASE = "case"
    APART = "apart"
    NOWHERE = "quiet"


@dataclass(frozen=True, slots=True)
class DeskMailFacts:
    """A message to abuse@, postmaster@ or fbl@.

    `has_mark`: it contains one of our tokens or mailing IDs. `carries_mail`: it forwards or attaches a mail. `is_bulk`:
    its header says that it is sent to many. `is_marked_spam`: a filter before us marked it as spam. `names_us`: one of
    our addresses is in To or Cc.
    """

    kind: ReturnedMessageKind
    has_mark: bool
    carries_mail: bool
    is_bulk: bool
    is_marked_spam: bool
    names_us: bool


_NEEDS_NOBODY = frozenset(
    {
        ReturnedMessageKind.AUTO_REPLY,
        ReturnedMessageKind.BOUNCE,
        ReturnedMessageKind.DELAY,
        ReturnedMessageKind.RECEIPT,
        ReturnedMessageKind.REPORT,
        ReturnedMessageKind.CHALLENGE,
    }
)


def sort_desk_mail(facts: DeskMailFacts) -> Tray:
    """Return the tray for a message to the desk.

    Spam is put aside, never dropped; a person gets every message that may be about our campaigns.
    """
    if facts.has_mark:
        return Tray.NOWHERE if facts.kind in _NEEDS_NOBODY else Tray.CASE
    if facts.kind in _NEEDS_NOBODY:
        return Tray.NOWHERE
    if facts.kind is ReturnedMessageKind.COMPLAINT and not facts.is_bulk:
        return Tray.CASE
    if facts.is_bulk or facts.is_marked_spam:
        return Tray.APART
    if not facts.names_us and not facts.carries_mail:
        return Tray.APART
    return Tray.CASE

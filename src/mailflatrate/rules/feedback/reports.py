"""What a report may do on its own (R-78, R-79, R-87). With one of our tokens, which only people who had the message
have, and a proved sender (an aligned DKIM signature, a known feedback loop) it takes effect at once. Without the
second, a person is removed from all lists, as any holder of the message may request (R-43); a machine has no effect
(RFC 9477 section 3.5). Everything else waits for the desk. Messages are forwarded: a complaint counts, and stops all
senders, only from the recipient or the provider of the recipient's mailbox; from others it does what the unsubscribe
link does.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from mailflatrate.mail.reading.values import ReturnedMessageKind


class Effect(Enum):
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """`has_token`: one of a delivery was verified. `sender_proved`: see the module. `is_machine`: a feedback report.
    `reached_desk`: not through a feedback loop. `vouched`: the proved sender is the recipient, or is responsible for
    their mailbox.
    """

    has_token: bool
    sender_proved: bool
    is_machine: bool
    reached_desk: bool
    vouched: bool


@dataclass(frozen=True, slots=True)
class ReportJudgement:
    """`platform`: it applies to all accounts (R-79). `counts`: in rates (R-85)."""

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
    CASE = "case"
    APART = "apart"
    NOWHERE = "quiet"


@dataclass(frozen=True, slots=True)
class DeskMailFacts:
    """`has_mark`: one of our tokens or mailing IDs. `carries_mail`: forwarded or attached. `is_bulk`: sent to many, by
    its header. `is_marked_spam`: by a filter before us. `names_us`: in To or Cc.
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
    """Spam is put aside, never dropped; a person gets every message that may be about our campaigns."""
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

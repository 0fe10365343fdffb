"""The values that reading a returned message yields: its kind, the recipients it names, and what it means for them."""

from dataclasses import dataclass
from enum import StrEnum


class ReturnedMessageKind(StrEnum):
    """The kinds of returned message."""

    BOUNCE = "bounce"
    DELAY = "delay"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    UNSUBSCRIBE = "unsubscribe"
    CHALLENGE = "challenge"
    REPORT = "report"
    RECEIPT = "receipt"
    REPLY = "reply"
    OTHER = "other"


class BounceOutcome(StrEnum):
    """The meaning of a failure for its recipient (R-68); only the first two ever count against the address (R-70)."""

    RECIPIENT_HARD = "recipient_hard"
    RECIPIENT_SOFT = "recipient_soft"
    SENDER_FAULT = "sender_fault"
    CONTENT = "content"


class BounceReason(StrEnum):
    """Why a message was not delivered, in Sisimai's terms."""

    AUTHFAILURE = "authfailure"
    BADREPUTATION = "badreputation"
    BLOCKED = "blocked"
    CONTENTERROR = "contenterror"
    EXCEEDLIMIT = "exceedlimit"
    EXPIRED = "expired"
    FAILEDSTARTTLS = "failedstarttls"
    FILTERED = "filtered"
    HASMOVED = "hasmoved"
    HOSTUNKNOWN = "hostunknown"
    MAILBOXFULL = "mailboxfull"
    MAILERERROR = "mailererror"
    MESGTOOBIG = "mesgtoobig"
    NETWORKERROR = "networkerror"
    NORELAYING = "norelaying"
    NOTACCEPT = "notaccept"
    NOTCOMPLIANTRFC = "notcompliantrfc"
    ONHOLD = "onhold"
    POLICYVIOLATION = "policyviolation"
    REJECTED = "rejected"
    REQUIREPTR = "requireptr"
    SECURITYERROR = "securityerror"
    SPAMDETECTED = "spamdetected"
    SPEEDING = "speeding"
    SUSPEND = "suspend"
    SYNTAXERROR = "syntaxerror"
    SYSTEMERROR = "systemerror"
    SYSTEMFULL = "systemfull"
    TOOMANYCONN = "toomanyconn"
    UNDEFINED = "undefined"
    USERUNKNOWN = "userunknown"
    VIRUSDETECTED = "virusdetected"


class RefusalSubject(StrEnum):
    """What a refusal is about."""

    RECIPIENT = "recipient"
    DOMAIN = "domain"
    QUOTA = "quota"
    SENDER = "sender"
    REPUTATION = "reputation"
    RATE = "rate"
    CONTENT = "content"
    RELAY = "relay"
    SECURITY = "security"
    SYSTEM = "system"
    ROUTE = "route"
    UNKNOWN = "unknown"


class BounceWitness(StrEnum):
    """The evidence that an address is dead: the words of the reply, or its enhanced status code."""

    WORDS = "words"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class BounceVerdict:
    """The meaning of one failure. `status` is the enhanced status code of RFC 3463 ("5.1.1"), given or derived; "" if
    unknown.

    `hard` is true if the address itself is dead; `witnesses` are the evidence. `disputed`: either code or words say
    that the address is dead and the other contradicts it, so that a bounce on a second day has to decide.
    """

    reason: BounceReason
    hard: bool
    status: str
    outcome: BounceOutcome
    witnesses: tuple[BounceWitness, ...] = ()
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that a bounce or a delay notice names.

    `action` is RFC 3464's (failed, delayed, ...); `diagnostic` is the text that the verdict was read from.
    `original` is the address as it was first written (Original-Recipient), or "".
    """

    address: str
    action: str
    status: str
    diagnostic: str
    original: str
    verdict: BounceVerdict


@dataclass(frozen=True, slots=True)
class Original:
    """The message that a report, an attachment or a forward carries; `how` says where it was found."""

    sender: str
    to: str
    subject: str
    message_id: str
    how: str

    def to_json(self) -> dict[str, str]:
        """Return the five fields under their wire names."""
        return {
            "from": self.sender,
            "to": self.to,
            "subject": self.subject,
            "message_id": self.message_id,
            "how": self.how,
        }

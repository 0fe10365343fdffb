"""The values that reading a returned message yields: its kind, the recipients it names, and what it means for them."""

from dataclasses import dataclass
from enum import StrEnum


class ReturnedMessageKind(StrEnum):
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
    """`status` is the enhanced code ("5.1.1"), given or derived, or "". `hard`: the address itself is dead. `disputed`:
    code and words contradict each other about that, so a bounce on a second day has to decide.
    """

    reason: BounceReason
    hard: bool
    status: str
    outcome: BounceOutcome
    witnesses: tuple[BounceWitness, ...] = ()
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """`action` is RFC 3464's (failed, delayed, ...). `original` is the address as first written, or ""."""

    address: str
    action: str
    status: str
    diagnostic: str
    original: str
    verdict: BounceVerdict


@dataclass(frozen=True, slots=True)
class Original:
    sender: str
    to: str
    subject: str
    message_id: str
    how: str

    def to_json(self) -> dict[str, str]:
        return {
            "from": self.sender,
            "to": self.to,
            "subject": self.subject,
            "message_id": self.message_id,
            "how": self.how,
        }

"""Enhanced status codes (RFC 3463, 7293, 7372, 7504, 7505; IANA registry) and their meaning here."""

from mailflatrate.mail.reading.values import BounceOutcome, BounceReason, RefusalSubject

#: Subject and detail of codes by their reason; the class (4 or 5) is judged separately. 1.4 is ambiguous (RFC 3463
#: 3.2): several mailboxes, so that none is known to be dead.
_DETAILS: dict[BounceReason, str] = {
    BounceReason.USERUNKNOWN: "1.0 1.1 1.3 1.351",
    BounceReason.HOSTUNKNOWN: "1.2 4.4",
    BounceReason.FILTERED: "1.4 2.0 2.1 2.4 7.2",
    BounceReason.HASMOVED: "1.6 7.17 7.18",
    BounceReason.REJECTED: "1.7 1.8",
    BounceReason.SYSTEMERROR: "1.9 3.0 3.3 3.5 4.3",
    BounceReason.NOTACCEPT: "1.10 3.2",
    BounceReason.MAILBOXFULL: "2.2",
    BounceReason.EXCEEDLIMIT: "2.3",
    BounceReason.SYSTEMFULL: "3.1 4.5",
    BounceReason.MESGTOOBIG: "3.4",
    BounceReason.NETWORKERROR: "4.0 4.2 4.6 4.14 4.310 4.312",
    BounceReason.EXPIRED: "4.1 4.7 4.316",
    BounceReason.SYNTAXERROR: "5.1 5.2 5.4",
    BounceReason.TOOMANYCONN: "5.3",
    BounceReason.CONTENTERROR: "6.0 6.1 6.2 6.3 6.5 6.6 6.7 6.9",
    BounceReason.SECURITYERROR: "7.0 7.1 7.3 7.8 7.9",
    BounceReason.SUSPEND: "7.13",
    BounceReason.AUTHFAILURE: "7.15 7.20 7.21 7.22 7.23 7.24 7.26 7.27 7.30 7.32 7.40 7.509 7.515",
    BounceReason.REQUIREPTR: "7.25",
    BounceReason.SPEEDING: "7.28",
    BounceReason.FAILEDSTARTTLS: "7.29",
    BounceReason.BLOCKED: "7.606",
    BounceReason.BADREPUTATION: "7.650",
}
BY_DETAIL: dict[str, BounceReason] = {
    detail: reason for reason, details in _DETAILS.items() for detail in details.split()
}

#: What the subject of a code says (RFC 3463 2.2) where its detail is not in the table: none of these is an address.
BY_SUBJECT: dict[str, BounceReason] = {
    "2": BounceReason.FILTERED,
    "3": BounceReason.SYSTEMERROR,
    "4": BounceReason.NETWORKERROR,
    "5": BounceReason.SYNTAXERROR,
    "6": BounceReason.CONTENTERROR,
    "7": BounceReason.SECURITYERROR,
}

#: A code so plain that it is believed before any words but those of providers.
PLAIN: frozenset[str] = frozenset(
    {
        "2.2", "2.3", "3.4", "7.13", "7.25", "7.26", "7.28", "7.29", "7.30", "7.32", "7.40", "7.509", "7.515", "7.606",
        "7.650",
    }
)  # fmt: skip

#: The dead-address codes (R-68 RECIPIENT-HARD), which count as separate evidence.
DEAD_DETAILS: frozenset[str] = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10"})

#: Codes that systems also use for other faults: they support words, and decide nothing alone.
HINTS: frozenset[str] = frozenset({"1.0", "3.2", "4.1", "4.4", "1.351", "4.310"})

#: Codes about the sender's address, whatever the words sound like (RFC 3463 3.2).
SENDER_DETAILS: frozenset[str] = frozenset({"1.7", "1.8"})

HARD_REASONS: frozenset[BounceReason] = frozenset(
    {BounceReason.USERUNKNOWN, BounceReason.HOSTUNKNOWN, BounceReason.HASMOVED, BounceReason.NOTACCEPT}
)

_SENDER_FAULT = frozenset(
    {
        BounceReason.AUTHFAILURE,
        BounceReason.BADREPUTATION,
        BounceReason.BLOCKED,
        BounceReason.FAILEDSTARTTLS,
        BounceReason.NORELAYING,
        BounceReason.POLICYVIOLATION,
        BounceReason.REJECTED,
        BounceReason.REQUIREPTR,
        BounceReason.SECURITYERROR,
        BounceReason.SPAMDETECTED,
        BounceReason.SPEEDING,
        BounceReason.SYNTAXERROR,
        BounceReason.TOOMANYCONN,
    }
)
_CONTENT = frozenset(
    {
        BounceReason.CONTENTERROR,
        BounceReason.EXCEEDLIMIT,
        BounceReason.MESGTOOBIG,
        BounceReason.NOTCOMPLIANTRFC,
        BounceReason.VIRUSDETECTED,
    }
)

#: The code that stands for a reason when the report names none.
CODE_OF: dict[BounceReason, str] = {
    BounceReason.AUTHFAILURE: "5.7.26", BounceReason.BADREPUTATION: "5.7.1", BounceReason.BLOCKED: "5.7.1",
    BounceReason.CONTENTERROR: "5.6.0", BounceReason.MESGTOOBIG: "5.3.4", BounceReason.EXPIRED: "4.4.7",
    BounceReason.FAILEDSTARTTLS: "5.7.29", BounceReason.FILTERED: "5.2.0", BounceReason.HASMOVED: "5.1.6",
    BounceReason.HOSTUNKNOWN: "5.1.2", BounceReason.MAILBOXFULL: "5.2.2", BounceReason.MAILERERROR: "5.3.0",
    BounceReason.NETWORKERROR: "4.4.0", BounceReason.NORELAYING: "5.7.1", BounceReason.NOTACCEPT: "5.1.10",
    BounceReason.NOTCOMPLIANTRFC: "5.6.0", BounceReason.POLICYVIOLATION: "5.7.0", BounceReason.SPEEDING: "4.7.28",
    BounceReason.TOOMANYCONN: "4.3.2", BounceReason.EXCEEDLIMIT: "5.2.3",
    BounceReason.REJECTED: "5.7.1", BounceReason.REQUIREPTR: "5.7.25", BounceReason.SECURITYERROR: "5.7.0",
    BounceReason.SPAMDETECTED: "5.7.1", BounceReason.SUSPEND: "5.2.1", BounceReason.SYNTAXERROR: "5.5.2",
    BounceReason.SYSTEMERROR: "5.3.0", BounceReason.SYSTEMFULL: "4.3.1", BounceReason.USERUNKNOWN: "5.1.1",
    BounceReason.VIRUSDETECTED: "5.7.0",
}  # fmt: skip


_ABOUT: dict[RefusalSubject, frozenset[BounceReason]] = {
    RefusalSubject.RECIPIENT: frozenset(
        {
            BounceReason.USERUNKNOWN,
            BounceReason.HASMOVED,
            BounceReason.SUSPEND,
            BounceReason.FILTERED,
            BounceReason.ONHOLD,
            BounceReason.MAILERERROR,
        }
    ),
    RefusalSubject.DOMAIN: frozenset({BounceReason.HOSTUNKNOWN, BounceReason.NOTACCEPT}),
    RefusalSubject.QUOTA: frozenset({BounceReason.MAILBOXFULL}),
    RefusalSubject.SENDER: frozenset({BounceReason.AUTHFAILURE, BounceReason.REJECTED}),
    RefusalSubject.REPUTATION: frozenset({BounceReason.BLOCKED, BounceReason.BADREPUTATION, BounceReason.REQUIREPTR}),
    RefusalSubject.RATE: frozenset({BounceReason.SPEEDING, BounceReason.TOOMANYCONN}),
    RefusalSubject.CONTENT: _CONTENT | {BounceReason.SPAMDETECTED, BounceReason.POLICYVIOLATION},
    RefusalSubject.RELAY: frozenset({BounceReason.NORELAYING}),
    RefusalSubject.SECURITY: frozenset(
        {BounceReason.SECURITYERROR, BounceReason.FAILEDSTARTTLS, BounceReason.SYNTAXERROR}
    ),
    RefusalSubject.SYSTEM: frozenset({BounceReason.SYSTEMERROR, BounceReason.SYSTEMFULL}),
    RefusalSubject.ROUTE: frozenset({BounceReason.NETWORKERROR, BounceReason.EXPIRED}),
}
_ABOUT_OF = {reason: about for about, reasons in _ABOUT.items() for reason in reasons}


def about_of(reason: BounceReason) -> RefusalSubject:
    return _ABOUT_OF.get(reason, RefusalSubject.UNKNOWN)


def outcome_of(reason: BounceReason, hard: bool) -> BounceOutcome:
    if hard:
        return BounceOutcome.RECIPIENT_HARD
    if reason in _SENDER_FAULT:
        return BounceOutcome.SENDER_FAULT
    if reason in _CONTENT:
        return BounceOutcome.CONTENT
    return BounceOutcome.RECIPIENT_SOFT

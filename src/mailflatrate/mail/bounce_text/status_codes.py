"""Enhanced status codes (RFC 3463 with the IANA registry, RFC 7293, 7372, 7504, 7505) and what they mean here."""

from mailflatrate.mail.reading.values import About, Outcome, Reason

#: Subject and detail -> reason. The class (4 or 5) is judged apart.
BY_DETAIL: dict[str, Reason] = {
    "1.0": Reason.USERUNKNOWN,
    "1.1": Reason.USERUNKNOWN,
    "1.2": Reason.HOSTUNKNOWN,
    "1.3": Reason.USERUNKNOWN,
    # Ambiguous (RFC 3463 3.2): several mailboxes, so that none is known to be dead.
    "1.4": Reason.FILTERED,
    "1.6": Reason.HASMOVED,
    "1.7": Reason.REJECTED,
    "1.8": Reason.REJECTED,
    "1.9": Reason.SYSTEMERROR,
    "1.10": Reason.NOTACCEPT,
    "1.351": Reason.USERUNKNOWN,
    "2.0": Reason.FILTERED,
    "2.1": Reason.FILTERED,
    "2.2": Reason.MAILBOXFULL,
    "2.3": Reason.EXCEEDLIMIT,
    "2.4": Reason.FILTERED,
    "3.0": Reason.SYSTEMERROR,
    "3.1": Reason.SYSTEMFULL,
    "3.2": Reason.NOTACCEPT,
    "3.3": Reason.SYSTEMERROR,
    "3.4": Reason.MESGTOOBIG,
    "3.5": Reason.SYSTEMERROR,
    "4.0": Reason.NETWORKERROR,
    "4.1": Reason.EXPIRED,
    "4.2": Reason.NETWORKERROR,
    "4.3": Reason.SYSTEMERROR,
    "4.4": Reason.HOSTUNKNOWN,
    "4.5": Reason.SYSTEMFULL,
    "4.6": Reason.NETWORKERROR,
    "4.7": Reason.EXPIRED,
    "4.14": Reason.NETWORKERROR,
    "4.310": Reason.NETWORKERROR,
    "4.312": Reason.NETWORKERROR,
    "4.316": Reason.EXPIRED,
    "5.1": Reason.SYNTAXERROR,
    "5.2": Reason.SYNTAXERROR,
    "5.3": Reason.TOOMANYCONN,
    "5.4": Reason.SYNTAXERROR,
    "6.0": Reason.CONTENTERROR,
    "6.1": Reason.CONTENTERROR,
    "6.2": Reason.CONTENTERROR,
    "6.3": Reason.CONTENTERROR,
    "6.5": Reason.CONTENTERROR,
    "6.6": Reason.CONTENTERROR,
    "6.7": Reason.CONTENTERROR,
    "6.9": Reason.CONTENTERROR,
    "7.0": Reason.SECURITYERROR,
    "7.1": Reason.SECURITYERROR,
    "7.2": Reason.FILTERED,
    "7.3": Reason.SECURITYERROR,
    "7.8": Reason.SECURITYERROR,
    "7.9": Reason.SECURITYERROR,
    "7.13": Reason.SUSPEND,
    "7.15": Reason.AUTHFAILURE,
    "7.17": Reason.HASMOVED,
    "7.18": Reason.HASMOVED,
    "7.20": Reason.AUTHFAILURE,
    "7.21": Reason.AUTHFAILURE,
    "7.22": Reason.AUTHFAILURE,
    "7.23": Reason.AUTHFAILURE,
    "7.24": Reason.AUTHFAILURE,
    "7.25": Reason.REQUIREPTR,
    "7.26": Reason.AUTHFAILURE,
    "7.27": Reason.AUTHFAILURE,
    "7.28": Reason.SPEEDING,
    "7.29": Reason.FAILEDSTARTTLS,
    "7.30": Reason.AUTHFAILURE,
    "7.32": Reason.AUTHFAILURE,
    "7.40": Reason.AUTHFAILURE,
    "7.509": Reason.AUTHFAILURE,
    "7.515": Reason.AUTHFAILURE,
    "7.606": Reason.BLOCKED,
    "7.650": Reason.BADREPUTATION,
}

#: What the subject of a code says (RFC 3463 2.2) where its detail is not in the table: none of these is an address.
BY_SUBJECT: dict[str, Reason] = {
    "2": Reason.FILTERED,
    "3": Reason.SYSTEMERROR,
    "4": Reason.NETWORKERROR,
    "5": Reason.SYNTAXERROR,
    "6": Reason.CONTENTERROR,
    "7": Reason.SECURITYERROR,
}

#: A code so plain that it is believed before any words but those of `PROVIDERS`.
PLAIN: frozenset[str] = frozenset(
    {
        "2.2",
        "2.3",
        "3.4",
        "7.25",
        "7.26",
        "7.28",
        "7.29",
        "7.30",
        "7.32",
        "7.40",
        "7.509",
        "7.515",
        "7.606",
        "7.650",
        "7.13",
    }
)

#: The dead-address codes (R-68 RECIPIENT-HARD), which are a witness of their own.
DEAD_DETAILS: frozenset[str] = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10"})

#: Codes that systems also use for other faults: they support words, and decide nothing alone.
HINTS: frozenset[str] = frozenset({"1.0", "3.2", "4.1", "4.4", "1.351", "4.310"})

#: Codes about the sender's address, whatever the words sound like (RFC 3463 3.2).
SENDER_DETAILS: frozenset[str] = frozenset({"1.7", "1.8"})

HARD_REASONS: frozenset[Reason] = frozenset({Reason.USERUNKNOWN, Reason.HOSTUNKNOWN, Reason.HASMOVED, Reason.NOTACCEPT})

_SENDER_FAULT = frozenset(
    {
        Reason.AUTHFAILURE,
        Reason.BADREPUTATION,
        Reason.BLOCKED,
        Reason.FAILEDSTARTTLS,
        Reason.NORELAYING,
        Reason.POLICYVIOLATION,
        Reason.REJECTED,
        Reason.REQUIREPTR,
        Reason.SECURITYERROR,
        Reason.SPAMDETECTED,
        Reason.SPEEDING,
        Reason.SYNTAXERROR,
        Reason.TOOMANYCONN,
    }
)
_CONTENT = frozenset(
    {
        Reason.CONTENTERROR,
        Reason.EXCEEDLIMIT,
        Reason.MESGTOOBIG,
        Reason.NOTCOMPLIANTRFC,
        Reason.VIRUSDETECTED,
    }
)

#: The code that stands for a reason when the report names none.
CODE_OF: dict[Reason, str] = {
    Reason.AUTHFAILURE: "5.7.26", Reason.BADREPUTATION: "5.7.1", Reason.BLOCKED: "5.7.1",
    Reason.CONTENTERROR: "5.6.0", Reason.MESGTOOBIG: "5.3.4", Reason.EXPIRED: "4.4.7",
    Reason.FAILEDSTARTTLS: "5.7.29", Reason.FILTERED: "5.2.0", Reason.HASMOVED: "5.1.6",
    Reason.HOSTUNKNOWN: "5.1.2", Reason.MAILBOXFULL: "5.2.2", Reason.MAILERERROR: "5.3.0",
    Reason.NETWORKERROR: "4.4.0", Reason.NORELAYING: "5.7.1", Reason.NOTACCEPT: "5.1.10",
    Reason.NOTCOMPLIANTRFC: "5.6.0", Reason.POLICYVIOLATION: "5.7.0", Reason.SPEEDING: "4.7.28",
    Reason.TOOMANYCONN: "4.3.2", Reason.EXCEEDLIMIT: "5.2.3",
    Reason.REJECTED: "5.7.1", Reason.REQUIREPTR: "5.7.25", Reason.SECURITYERROR: "5.7.0",
    Reason.SPAMDETECTED: "5.7.1", Reason.SUSPEND: "5.2.1", Reason.SYNTAXERROR: "5.5.2",
    Reason.SYSTEMERROR: "5.3.0", Reason.SYSTEMFULL: "4.3.1", Reason.USERUNKNOWN: "5.1.1",
    Reason.VIRUSDETECTED: "5.7.0",
}  # fmt: skip


_ABOUT: dict[About, frozenset[Reason]] = {
    About.RECIPIENT: frozenset(
        {Reason.USERUNKNOWN, Reason.HASMOVED, Reason.SUSPEND, Reason.FILTERED, Reason.ONHOLD, Reason.MAILERERROR}
    ),
    About.DOMAIN: frozenset({Reason.HOSTUNKNOWN, Reason.NOTACCEPT}),
    About.QUOTA: frozenset({Reason.MAILBOXFULL}),
    About.SENDER: frozenset({Reason.AUTHFAILURE, Reason.REJECTED}),
    About.REPUTATION: frozenset({Reason.BLOCKED, Reason.BADREPUTATION, Reason.REQUIREPTR}),
    About.RATE: frozenset({Reason.SPEEDING, Reason.TOOMANYCONN}),
    About.CONTENT: _CONTENT | {Reason.SPAMDETECTED, Reason.POLICYVIOLATION},
    About.RELAY: frozenset({Reason.NORELAYING}),
    About.SECURITY: frozenset({Reason.SECURITYERROR, Reason.FAILEDSTARTTLS, Reason.SYNTAXERROR}),
    About.SYSTEM: frozenset({Reason.SYSTEMERROR, Reason.SYSTEMFULL}),
    About.ROUTE: frozenset({Reason.NETWORKERROR, Reason.EXPIRED}),
}
_ABOUT_OF = {reason: about for about, reasons in _ABOUT.items() for reason in reasons}


def about_of(reason: Reason) -> About:
    """What a refusal with this reason is about."""
    return _ABOUT_OF.get(reason, About.UNKNOWN)


def outcome_of(reason: Reason, hard: bool) -> Outcome:
    """The consequence that a reason has (R-68, R-70)."""
    if hard:
        return Outcome.RECIPIENT_HARD
    if reason in _SENDER_FAULT:
        return Outcome.SENDER_FAULT
    if reason in _CONTENT:
        return Outcome.CONTENT
    return Outcome.RECIPIENT_SOFT

"""Which imported consent counts (R-12, R-13). Called for each row of an import: results are constants."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import IPv6Address, IPv6Network
from typing import NamedTuple

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.limits import CONSENT_MAX_AGE, CONSENT_REVIEW_AGE

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Two computers' clocks may differ; a moment further ahead than this lies in the future."""


class EvidenceReason(Enum):
    """What is wrong with a row's evidence; the value is stored with the row and counted in the report."""

    SIGN_UP_TIME_MISSING = "sign_up_time_missing"
    SIGN_UP_IP_MISSING = "sign_up_ip_missing"
    SIGN_UP_IP_MALFORMED = "sign_up_ip_malformed"
    CONFIRMATION_TIME_MISSING = "confirmation_time_missing"
    CONFIRMATION_IP_MALFORMED = "confirmation_ip_malformed"
    SOURCE_MISSING = "source_missing"
    TIME_WITHOUT_ZONE = "time_without_zone"
    CONFIRMED_BEFORE_SIGN_UP = "confirmed_before_sign_up"
    IN_THE_FUTURE = "in_the_future"
    TOO_OLD = "too_old"
    AGEING = "ageing"


class ImportedEvidence(NamedTuple):
    """As read from the file; None or "" where it has nothing. To be mailable, a row must have sign-up time, sign-up IP,
    confirmation time and source. `last_contact_at` is the last campaign by the previous system.
    """

    sign_up_at: datetime | None
    sign_up_ip: str | None
    confirmed_at: datetime | None
    confirmed_ip: str | None
    source: str | None
    last_contact_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EvidenceVerdict:
    """`mailable`, or quarantine. `needs_review`: consent older than 12 months, for the list's reviewer."""

    mailable: bool
    rule: str | None = None
    reason: EvidenceReason | None = None
    needs_review: bool = False


_MAILABLE = EvidenceVerdict(True)
_AGEING = EvidenceVerdict(True, "R-13", EvidenceReason.AGEING, needs_review=True)
_QUARANTINE = {
    reason: EvidenceVerdict(False, "R-13" if reason is EvidenceReason.TOO_OLD else "R-12", reason)
    for reason in EvidenceReason
    if reason is not EvidenceReason.AGEING
}
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
# This host and this network (RFC 1122), private (RFC 1918), link-local (RFC 3927), behind a provider's NAT (RFC 6598).
_NOBODYS_IPV4 = re.compile(
    r"0\.|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
)
_UNIQUE_LOCAL = IPv6Network("fc00::/7")
# What programs write for an unknown address.
_NOTHING = frozenset(
    (
        "-",
        "--",
        "?",
        "0",
        "x",
        "n/a",
        "na",
        "k.a.",
        "keine angabe",
        "none",
        "null",
        "nil",
        "\\n",
        "unknown",
        "unbekannt",
    )
)

_SENTENCES: dict[EvidenceReason, str] = {
    EvidenceReason.SIGN_UP_TIME_MISSING: N_("The sign-up time is missing."),
    EvidenceReason.SIGN_UP_IP_MISSING: N_("The sign-up IP address is missing."),
    EvidenceReason.SIGN_UP_IP_MALFORMED: N_("The sign-up IP address can't be the person's own."),
    EvidenceReason.CONFIRMATION_TIME_MISSING: N_("The confirmation time is missing."),
    EvidenceReason.CONFIRMATION_IP_MALFORMED: N_("The confirmation IP address can't be the person's own."),
    EvidenceReason.SOURCE_MISSING: N_("The source is missing: the form or page where the person signed up."),
    EvidenceReason.TIME_WITHOUT_ZONE: N_("A time has no time zone, so it's ambiguous."),
    EvidenceReason.CONFIRMED_BEFORE_SIGN_UP: N_("The confirmation is earlier than the sign-up."),
    EvidenceReason.IN_THE_FUTURE: N_("A time is in the future."),
    EvidenceReason.TOO_OLD: N_("There has been no contact for more than 24 months."),
    EvidenceReason.AGEING: N_("There has been no contact for more than 12 months. Our team reviews this."),
}


def judge_evidence(row: ImportedEvidence, now: datetime) -> EvidenceVerdict:
    """Return the first reason: completeness, form, plausibility, age. `now` is aware; times in `row` should be."""
    sign_up_at, confirmed_at = row.sign_up_at, row.confirmed_at
    if sign_up_at is None:
        return _QUARANTINE[EvidenceReason.SIGN_UP_TIME_MISSING]
    if not row.sign_up_ip:
        return _QUARANTINE[EvidenceReason.SIGN_UP_IP_MISSING]
    if confirmed_at is None:
        return _QUARANTINE[EvidenceReason.CONFIRMATION_TIME_MISSING]
    if not row.source or not (source := row.source.strip()) or source.lower() in _NOTHING:
        return _QUARANTINE[EvidenceReason.SOURCE_MISSING]
    if sign_up_at.tzinfo is None or confirmed_at.tzinfo is None:
        return _QUARANTINE[EvidenceReason.TIME_WITHOUT_ZONE]
    if not _is_persons_ip(row.sign_up_ip):
        return _QUARANTINE[EvidenceReason.SIGN_UP_IP_MALFORMED]
    if row.confirmed_ip and not _is_persons_ip(row.confirmed_ip):
        return _QUARANTINE[EvidenceReason.CONFIRMATION_IP_MALFORMED]
    if confirmed_at < sign_up_at:
        return _QUARANTINE[EvidenceReason.CONFIRMED_BEFORE_SIGN_UP]
    # Sign-up lies before confirmation here, so the later of the two decides.
    if confirmed_at > now + CLOCK_TOLERANCE:
        return _QUARANTINE[EvidenceReason.IN_THE_FUTURE]
    return _judge_age(row, confirmed_at, now)


def evidence_sentence(reason: EvidenceReason, language: str) -> str:
    return translate(_SENTENCES[reason], language)


def _judge_age(row: ImportedEvidence, confirmed_at: datetime, now: datetime) -> EvidenceVerdict:
    last = row.last_contact_at
    if last is not None and last.tzinfo is None:
        return _QUARANTINE[EvidenceReason.TIME_WITHOUT_ZONE]
    if last is not None and last > now + CLOCK_TOLERANCE:
        return _QUARANTINE[EvidenceReason.IN_THE_FUTURE]
    age = now - (confirmed_at if last is None or last < confirmed_at else last)
    if age <= CONSENT_REVIEW_AGE:
        return _MAILABLE
    return _AGEING if age <= CONSENT_MAX_AGE else _QUARANTINE[EvidenceReason.TOO_OLD]


def _is_persons_ip(text: str) -> bool:
    """Not this host, multicast or a private network, which belongs to some proxy in front of the form."""
    if _IPV4.fullmatch(text):
        return not _NOBODYS_IPV4.match(text) and int(text.partition(".")[0]) < 224
    try:
        address = IPv6Address(text)
    except ValueError:
        return False
    if address.ipv4_mapped is not None:
        return _is_persons_ip(str(address.ipv4_mapped))
    of_a_network = address.is_link_local or address.is_site_local or address in _UNIQUE_LOCAL
    return not (
        of_a_network or address.scope_id or address.is_loopback or address.is_unspecified or address.is_multicast
    )

"""Compares figures of one import with the limits (R-15, R-13): signs of a bought or old list. One over its limit holds
the file for a reviewer, it never decides alone; below `MIN_ROWS` only explicit signs count.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.limits import value

MIN_ROWS = 50
"""Fewer rows make a share meaningless: one mistake among ten is 10%."""


class AnomalyKind(Enum):
    ROLES = "roles"
    DISPOSABLE = "disposable"
    SYNTAX = "syntax"
    SUPPRESSED = "suppressed"
    UNRESOLVABLE = "unresolvable"
    ONE_DOMAIN = "one_domain"
    SEQUENTIAL = "sequential"
    MISTYPED = "mistyped"
    FORBIDDEN_SOURCE = "forbidden_source"
    UNREAD_NOES = "unread_noes"
    SAME_MOMENT = "same_moment"
    SAME_IP = "same_ip"


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """In rows or people. `people` have complete proof; counts from `unresolvable` on refer to them. `one_domain`: at
    the largest that isn't a provider's. `sequential`: like a1, a2, a3. `same_moment`: in the busiest second.
    `unread_noes` say no without an address, and nobody decided about them.
    """

    rows: int
    roles: int = 0
    disposable: int = 0
    syntax: int = 0
    suppressed: int = 0
    people: int = 0
    resolved: int = 0
    unresolvable: int = 0
    one_domain: int = 0
    sequential: int = 0
    mistyped: int = 0
    same_moment: int = 0
    same_ip: int = 0
    forbidden_sources: int = 0
    unread_noes: int = 0


@dataclass(frozen=True, slots=True)
class Anomaly:
    kind: AnomalyKind
    count: int
    percent: float
    limit_percent: float


# kind -> (limit, what the share is of)
_SHARES: tuple[tuple[AnomalyKind, str, str], ...] = (
    (AnomalyKind.ROLES, "import_role_share", "rows"),
    (AnomalyKind.DISPOSABLE, "import_disposable_share", "rows"),
    (AnomalyKind.SYNTAX, "import_syntax_share", "rows"),
    (AnomalyKind.SUPPRESSED, "import_suppressed_share", "rows"),
    (AnomalyKind.UNRESOLVABLE, "import_unresolvable_share", "resolved"),
    (AnomalyKind.ONE_DOMAIN, "import_one_domain_share", "people"),
    (AnomalyKind.SEQUENTIAL, "import_sequential_share", "people"),
    (AnomalyKind.MISTYPED, "import_mistyped_share", "people"),
    (AnomalyKind.SAME_MOMENT, "import_same_moment_share", "people"),
    (AnomalyKind.SAME_IP, "import_same_ip_share", "people"),
)
_SENTENCES: dict[AnomalyKind, str] = {
    AnomalyKind.ROLES: N_("Many addresses are role addresses. No one signs up as info@."),
    AnomalyKind.DISPOSABLE: N_("Many addresses are disposable."),
    AnomalyKind.SYNTAX: N_("Many rows contain no email address. Confirmed addresses are spelled correctly."),
    AnomalyKind.SUPPRESSED: N_("Many addresses have bounced, complained or unsubscribed here before."),
    AnomalyKind.UNRESOLVABLE: N_(
        "Many domains don't exist or don't accept email. The list is old or was never confirmed."
    ),
    AnomalyKind.ONE_DOMAIN: N_("Many people are at a single company's domain."),
    AnomalyKind.SEQUENTIAL: N_("Many addresses are numbered consecutively, as if a program had generated them."),
    AnomalyKind.MISTYPED: N_("Many domains are misspelled. No one could have confirmed from there."),
    AnomalyKind.FORBIDDEN_SOURCE: N_("The source column names a forbidden origin."),
    AnomalyKind.UNREAD_NOES: N_("Some rows opt someone out, but no address can be found in them."),
    AnomalyKind.SAME_MOMENT: N_(
        "Many people confirmed in the same second. That's what proof written by a program looks like."
    ),
    AnomalyKind.SAME_IP: N_("Many sign-ups came from a single IP address."),
}


def judge_figures(figures: ImportFigures) -> tuple[Anomaly, ...]:
    anomalies = []
    for kind, limit, whole_name in _SHARES:
        whole = getattr(figures, whole_name)
        count = getattr(figures, kind.value)
        percent = 100 * count / whole if whole else 0.0
        if whole >= MIN_ROWS and percent > value(limit):
            anomalies.append(Anomaly(kind, count, percent, value(limit)))
    if figures.forbidden_sources:
        share = 100 * figures.forbidden_sources / max(figures.people, figures.forbidden_sources)
        anomalies.append(Anomaly(AnomalyKind.FORBIDDEN_SOURCE, figures.forbidden_sources, share, 0.0))
    if figures.unread_noes:
        share = 100 * figures.unread_noes / max(figures.rows, figures.unread_noes)
        anomalies.append(Anomaly(AnomalyKind.UNREAD_NOES, figures.unread_noes, share, 0.0))
    return tuple(anomalies)


def share_of(figures: ImportFigures, kind: AnomalyKind) -> tuple[int, int, float]:
    limit, whole = {row[0]: (row[1], row[2]) for row in _SHARES}[kind]
    return getattr(figures, kind.value), getattr(figures, whole), value(limit)


SHARES: tuple[AnomalyKind, ...] = tuple(kind for kind, *_ in _SHARES)
"""The kinds that are shares of something, in the order they are shown."""


def anomaly_sentence(kind: AnomalyKind, language: str) -> str:
    return translate(_SENTENCES[kind], language)

"""Figures about a file's people with complete proof, exact, in bounded memory (R-15, R-13). Dry run and final check
use it, so they agree. Rows are in a private SQLite file, deleted when closed: a million sources don't fit in
memory.
"""

import re
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from mailflatrate.apps.intake.quarantine import SAID_NO
from mailflatrate.apps.intake.reading.csv_rows import RowFault
from mailflatrate.rules.addresses import AddressReason, ResolverFacts, is_freemail, suggest_domain
from mailflatrate.rules.origins.figures import ImportFigures
from mailflatrate.rules.origins.forbidden import find_forbidden

DOMAINS_KEPT: Final = 20
DOMAINS_ASKED: Final = 2000
SOURCES_READ: Final = 500
RUN_LEAST: Final = 20
"""This many in a row show a program's list; three cousins called meier1 to meier3 do not."""
AGE_BOUNDS_DAYS: Final = (31, 92, 183, 365, 548, 730)
"""A month, a quarter, half a year, one year, one and a half, two."""
_SYNTAX: Final = (
    AddressReason.SYNTAX,
    AddressReason.TOO_LONG,
    AddressReason.NOT_MAILABLE,
    AddressReason.NOT_IDNA,
    AddressReason.RESERVED_DOMAIN,
)
_BATCH_ROWS: Final = 2_000
_KEYS_AT_ONCE: Final = 20_000
_CACHE_KILOBYTES: Final = 16_000
_NUMBER: Final = re.compile(r"[0-9]{1,9}\Z")

_TABLE = """
CREATE TABLE person (
    key BLOB, mailbox BLOB, reason TEXT, fate INTEGER, domain TEXT, stem TEXT, number INTEGER, age INTEGER,
    second INTEGER, ip TEXT, source TEXT, ageing INTEGER
)
"""
_DOMAINS = """
SELECT domain, count(*) FROM person GROUP BY domain ORDER BY count(*) DESC, domain LIMIT ?
"""
# a1, a2, a3 at one domain: as many as there are numbers between the least and the greatest, or nearly.
_RUNS = """
SELECT coalesce(sum(people), 0) FROM (
    SELECT count(*) AS people FROM person WHERE number IS NOT NULL GROUP BY domain, stem
    HAVING count(DISTINCT number) >= ? AND count(DISTINCT number) * 10 >= 8 * (max(number) - min(number) + 1)
)
"""
_SOURCES = "SELECT source, count(*) FROM person GROUP BY source ORDER BY count(*) DESC, source LIMIT ?"


class WholeProof(NamedTuple):
    """`key`, `mailbox` (without +tag): keyed hashes; `second`: of the confirmation, since 1970."""

    key: bytes
    mailbox: bytes | None
    reason: str
    email: str
    ip: str
    second: int
    source: str
    is_ageing: bool = False


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    people: int
    domains: tuple[tuple[str, int], ...]
    domain_count: int
    sources: tuple[tuple[str, int], ...]
    source_count: int
    ages: tuple[int, ...]
    sequential: int
    same_moment: int
    same_ip: int
    ageing: int


class PeopleFigures:
    """A context manager; its data is deleted afterward."""

    def __init__(self, now_seconds: int) -> None:
        self._now = now_seconds
        # Made and used by one thread after the other: a check runs in whichever worker takes it.
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        self._database.execute(_TABLE)
        self._waiting: list[tuple[object, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self._database.close()

    def add(self, row: WholeProof) -> None:
        local, _, domain = row.email.partition("@")
        number = _NUMBER.search(local)
        days = (self._now - row.second) / 86_400
        self._waiting.append(
            (
                row.key,
                row.mailbox,
                row.reason,
                domain,
                local.lower().rstrip("0123456789") if number else None,
                int(number.group()) if number else None,
                bisect_right(AGE_BOUNDS_DAYS, days),
                row.second,
                row.ip or None,
                row.source,
                row.is_ageing,
            )
        )
        if len(self._waiting) == _BATCH_ROWS:
            self._write()

    def _write(self) -> None:
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO person (key, mailbox, reason, domain, stem, number, age, second, ip, source, ageing)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._waiting,
        )
        self._database.execute("COMMIT")
        self._waiting.clear()

    def key_batches(self) -> Iterator[list[tuple[bytes, int]]]:
        self._write()
        for column in ("key", "mailbox"):
            rows = self._database.execute(f"SELECT {column}, second FROM person WHERE {column} IS NOT NULL")  # noqa: S608
            while batch := rows.fetchmany(_KEYS_AT_ONCE):
                yield batch

    def settle(self, fate_of: Callable[[bytes, bytes | None, str], str]) -> dict[str, int]:
        """`fate_of` gets key, mailbox and reason; "" means mailable, others are dropped. Returns how many of each."""
        self._write()
        names: dict[str, int] = {"": 0}
        self._database.create_function(
            "fate_of", 3, lambda *row: names.setdefault(fate_of(*row), len(names)), deterministic=False
        )
        self._database.execute("UPDATE person SET fate = fate_of(key, mailbox, reason)")
        counted = dict(self._database.execute("SELECT fate, count(*) FROM person WHERE fate <> 0 GROUP BY fate"))
        self._database.execute("DELETE FROM person WHERE fate <> 0")
        return {name: counted[number] for name, number in names.items() if number in counted}

    def keys_at(self, domains: Iterable[str]) -> Iterator[bytes]:
        self._write()
        for domain in domains:
            for (key,) in self._database.execute("SELECT key FROM person WHERE domain = ?", (domain,)):
                yield key

    def all_domains(self) -> list[str]:
        self._write()
        return [str(row[0]) for row in self._database.execute("SELECT DISTINCT domain FROM person ORDER BY domain")]

    def counted(self) -> PeopleCounts:
        self._write()
        ages: dict[int, int] = dict(self._database.execute("SELECT age, count(*) FROM person GROUP BY age").fetchall())
        return PeopleCounts(
            people=sum(ages.values()),
            domains=tuple(self._rows(_DOMAINS, DOMAINS_ASKED)),
            domain_count=self._number("SELECT count(DISTINCT domain) FROM person"),
            sources=tuple(self._rows(_SOURCES, SOURCES_READ)),
            source_count=self._number("SELECT count(DISTINCT source) FROM person"),
            ages=tuple(ages.get(number, 0) for number in range(len(AGE_BOUNDS_DAYS) + 1)),
            sequential=self._number(_RUNS, RUN_LEAST),
            same_moment=self._most("second"),
            same_ip=self._most("ip"),
            ageing=self._number("SELECT coalesce(sum(ageing), 0) FROM person"),
        )

    def _most(self, column: str) -> int:
        statement = f"SELECT count(*) FROM person WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY 1 DESC LIMIT 1"  # noqa: S608  # a column of this module
        row = self._database.execute(statement).fetchone()
        return int(row[0]) if row else 0

    def _number(self, statement: str, *values: object) -> int:
        return int(self._database.execute(statement, values).fetchone()[0])

    def _rows(self, statement: str, *values: object) -> list[tuple[str, int]]:
        return self._database.execute(statement, values).fetchall()


def figures_of(rows: int, reasons: Mapping[str, int], counts: PeopleCounts) -> ImportFigures:
    """`reasons`: numbers of refused or held rows. No DNS lookups."""
    firms = [count for domain, count in counts.domains if not is_freemail(domain)]

    def rows_of(*names: str) -> int:
        return sum(reasons.get(name, 0) for name in names)

    return ImportFigures(
        rows=rows,
        roles=rows_of(AddressReason.ROLE.value, AddressReason.MAYBE_ROLE.value),
        disposable=rows_of(AddressReason.DISPOSABLE.value),
        syntax=rows_of(*(reason.value for reason in _SYNTAX), *(fault.value for fault in RowFault)),
        suppressed=rows_of("suppressed", "unsubscribed", SAID_NO),
        people=counts.people,
        one_domain=max(firms, default=0),
        sequential=counts.sequential,
        mistyped=sum(count for domain, count in counts.domains if suggest_domain(domain) is not None),
        same_moment=counts.same_moment,
        same_ip=counts.same_ip,
        forbidden_sources=sum(count for source, count in counts.sources if find_forbidden(source)),
    )


def unmailable(facts: Mapping[str, ResolverFacts]) -> dict[str, str]:
    """Domains that accept no mail, with the recorded reason (R-18)."""
    reasons = {}
    for domain, domain_facts in facts.items():
        if domain_facts.null_mx:
            reasons[domain] = AddressReason.DOMAIN_TAKES_NO_MAIL.value
        elif domain_facts.resolves is False:
            reasons[domain] = AddressReason.DOMAIN_UNKNOWN.value
    return reasons

"""Surveys columns at the beginning of a file: titles alone decide nothing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailflatrate.apps.intake.reading.csv_rows import Row
from mailflatrate.rules.contacts.timestamps import DayOrder, day_order, moment_reader, read_ip
from mailflatrate.rules.fields.proposals import TypeGuess
from mailflatrate.rules.prior_status.column_kind import ColumnProfile
from mailflatrate.rules.prior_status.columns import read_title
from mailflatrate.rules.prior_status.status_words import is_status_word

SURVEY_ROWS = 3_000
"""Checked before the start; later rows are watched while they are read."""
FULLY_READ_ROWS = 200
MOST_CELLS = 300_000
MOST_FULL_READS = 30_000
"""With hundreds of columns, fewer rows are checked."""
_MAYBE_TIME = re.compile(r"\d{4}|\d[./-]\d")


@dataclass(frozen=True, slots=True)
class Survey:
    """By column; `orders`: date orders seen, `types`: those that fit all values."""

    profiles: tuple[ColumnProfile, ...]
    orders: tuple[frozenset[DayOrder], ...]
    types: tuple[tuple[str, ...], ...] = ()


def survey_rows(header: Sequence[str], rows: Iterable[Row]) -> Survey:
    profiles = tuple(ColumnProfile() for _ in header)
    orders: list[set[DayOrder]] = [set() for _ in header]
    guesses = [TypeGuess() for _ in header]
    seen: list[set[str]] = [set() for _ in header]
    titled = [read_title(title) is not None for title in header]
    reads = moment_reader("UTC", False, strict=False)
    most_rows = min(SURVEY_ROWS, MOST_CELLS // len(header))
    full_reads = 0
    for number, (_line, cells, fault) in enumerate(rows):
        if number == most_rows:
            break
        if fault is not None:
            continue
        for at, cell in enumerate(cells):
            if cell in seen[at] or not (text := cell.strip()):
                continue
            order = day_order(text)
            if order is not None:
                orders[at].add(order)
            guesses[at].add(text)
            if (titled[at] or number < FULLY_READ_ROWS) and full_reads < MOST_FULL_READS:
                full_reads += 1
                profiles[at].add(
                    text,
                    is_time=bool(_MAYBE_TIME.search(text)) and reads(text) is not None,
                    is_ip=read_ip(text) is not None,
                )
                seen[at].add(cell)
                continue
            profiles[at].add_kind(text)
            if text[-1].isalpha() and "@" not in text:
                profiles[at].telling += is_status_word(text)
            seen[at].add(cell)
    else:  # this is the whole table
        for profile in profiles:
            profile.is_empty = full_reads > 0 and not profile.kinds
    return Survey(profiles, tuple(map(frozenset, orders)), tuple(tuple(guess.forms()) for guess in guesses))


def search_order(rows: Iterable[Row], at: Sequence[int]) -> dict[int, set[DayOrder]]:
    orders: dict[int, set[DayOrder]] = {column: set() for column in at}
    open_ones = set(at)
    for _line, cells, fault in rows:
        if fault is not None:
            continue
        for column in list(open_ones):
            order = day_order(cells[column])
            if order is not None:
                orders[column].add(order)
                if order is not DayOrder.EITHER:
                    open_ones.discard(column)
        if not open_ones:
            break
    return orders


def decided_order(orders: Iterable[DayOrder]) -> DayOrder | None:
    """EITHER if ambiguous or contradictory, None without dates."""
    kinds = set(orders)
    certain = kinds - {DayOrder.EITHER}
    if len(certain) == 1:
        return certain.pop()
    return DayOrder.EITHER if kinds else None

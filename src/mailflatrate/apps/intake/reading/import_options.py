"""The customer's statements about a file besides its columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.reading.columns import TIMES, Columns
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.rules.contacts.timestamps import DayOrder, Moment, moment_reader
from mailflatrate.rules.fields.values import FIELD_TYPES
from mailflatrate.rules.prior_status.columns import file_status
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus
from mailflatrate.rules.systems.profile import SystemProfile, profiles, recognize

BY_ROW = "by_row"
"""Each row gives its own status, whatever the file's name says."""
ALL_ROWS = (*(status.value for status in NO), PriorStatus.NEVER.value, PriorStatus.OPEN.value, BY_ROW)
DATE_ORDERS = (DayOrder.DAY_FIRST.value, DayOrder.MONTH_FIRST.value)
CHOOSABLE_TYPES = tuple(name for name, kind in FIELD_TYPES.items() if not kind.has_choices)
"""Choices have to be named first."""
MIN_REASON_CHARACTERS = 4
MAX_REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """Empty: not stated. `all_rows`: everyone's status (ALL_ROWS). `no_status`: titles that only look like a status,
    with reasons. `time_zone`: IANA. `date_order`: of DATE_ORDERS, `date_orders` by title. `source`, `form_url`,
    `wording`: for files without such a column. `field_types`: by title. `unread_noes`: rows left out that say no
    without an address.
    """

    all_rows: str = ""
    no_status: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    date_order: str = ""
    date_orders: Mapping[str, str] = field(default_factory=dict)
    system: str = ""
    source: str = ""
    form_url: str = ""
    wording: str = ""
    field_types: Mapping[str, str] = field(default_factory=dict)
    unread_noes: int = 0

    @property
    def status_of_all(self) -> PriorStatus | None:
        """Whatever cells say; None if none was stated."""
        return PriorStatus(self.all_rows) if self.all_rows and self.all_rows != BY_ROW else None

    @property
    def profile(self) -> SystemProfile | None:
        return profiles().get(self.system)

    @property
    def stated_source(self) -> str:
        return ", ".join(part for part in (self.source.strip(), self.form_url.strip()) if part)

    def as_json(self) -> dict[str, Any]:
        mappings = ("no_status", "date_orders", "field_types")
        return {**asdict(self), **{name: dict(getattr(self, name)) for name in mappings}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ImportTerms":
        return cls(**{own_field.name: stored[own_field.name] for own_field in fields(cls) if own_field.name in stored})


def check_terms(terms: ImportTerms, header: Sequence[str]) -> None:
    """Raises ImportProblem naming the invalid one."""
    if terms.all_rows and terms.all_rows not in ALL_ROWS:
        raise ImportProblem(
            _("“%(word)s” isn't a status for the rows; use one of: %(words)s")
            % {"word": terms.all_rows, "words": ", ".join(ALL_ROWS)}
        )
    for order in (terms.date_order, *terms.date_orders.values()):
        if order and order not in DATE_ORDERS:
            raise ImportProblem(
                _("“%(word)s” isn't a date order; use one of: %(words)s")
                % {"word": order, "words": ", ".join(DATE_ORDERS)}
            )
    _check_types(terms.field_types.values())
    for title in (*terms.date_orders, *terms.field_types):
        if title not in header:
            raise ImportProblem(_("the file has no column “%(title)s”") % {"title": title[:120]})
    if terms.system and terms.profile is None:
        raise ImportProblem(
            _("“%(name)s” isn't a system we know; use one of: %(names)s")
            % {"name": terms.system[:60], "names": ", ".join(profiles())}
        )
    if terms.time_zone:
        try:
            ZoneInfo(terms.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ImportProblem(
                _("“%(zone)s” isn't a time zone; write it like Europe/Berlin") % {"zone": terms.time_zone[:60]}
            ) from error
    for title, reason in terms.no_status.items():
        if title not in header:
            raise ImportProblem(_("the file has no column “%(title)s”") % {"title": title[:120]})
        if not MIN_REASON_CHARACTERS <= len(reason.strip()) <= MAX_REASON_CHARACTERS:
            raise ImportProblem(
                _("explain in %(least)d to %(most)d characters why “%(title)s” doesn't say who may be emailed")
                % {"least": MIN_REASON_CHARACTERS, "most": MAX_REASON_CHARACTERS, "title": title}
            )


def _check_types(types: Iterable[str]) -> None:
    wrong = next((kind for kind in types if kind not in CHOOSABLE_TYPES), None)
    if wrong is not None:
        raise ImportProblem(
            _("“%(word)s” isn't a type of field; use one of: %(words)s")
            % {"word": wrong[:60], "words": ", ".join(CHOOSABLE_TYPES)}
        )


def suggested_terms(file_name: str, system: SystemProfile | None) -> ImportTerms:
    if system is None:
        return ImportTerms(all_rows=suggested_all_rows(file_name))
    return ImportTerms(
        all_rows=system.file_says(file_name) or suggested_all_rows(file_name),
        time_zone=system.time_zone,
        system=system.name,
    )


def with_system(
    terms: ImportTerms, header: Sequence[str], rows: Sequence[Sequence[str]], file_name: str
) -> ImportTerms:
    system = terms.profile or recognize(header, rows, file_name)
    if system is None:
        return terms
    return replace(terms, system=system.name, time_zone=terms.time_zone or system.time_zone)


def suggested_all_rows(file_name: str) -> str:
    """If clear, as in `unsubscribed_members_export.csv`."""
    status = file_status(file_name)
    return status[0].value if status is not None and status[1] else ""


def name_asks(file_name: str) -> str:
    status = file_status(file_name)
    return "" if status is None else status[0].value


def moment_readers(
    orders: Mapping[str, str], columns: Columns, header: Sequence[str], time_zone: str
) -> dict[int, Callable[[str], Moment | None]]:
    """By the column's index, with the date order decided for its title."""
    used = {columns.targets[target] for target in TIMES if target in columns.targets}
    used |= {column.index for column in columns.statuses} | set(columns.changes)
    return {
        at: moment_reader(time_zone, orders[header[at]] == DayOrder.MONTH_FIRST if header[at] in orders else None)
        for at in used
    }

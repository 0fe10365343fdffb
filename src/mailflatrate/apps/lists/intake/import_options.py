"""The customer's statements about a file besides its columns: what its name means, its time zone, its date order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.columns import TIMES, Columns
from mailflatrate.apps.lists.intake.timestamps import DayOrder, Moment, moment_reader
from mailflatrate.rules.fields.values import FIELD_TYPES
from mailflatrate.rules.prior_status.columns import file_status
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus
from mailflatrate.rules.systems.profile import SystemProfile, profiles, recognize

BY_ROW = "by_row"
"""Whatever the file's name says, each row gives its own status."""
ALL_ROWS = (*(status.value for status in NO), PriorStatus.NEVER.value, PriorStatus.OPEN.value, BY_ROW)
DATE_ORDERS = (DayOrder.DAY_FIRST.value, DayOrder.MONTH_FIRST.value)
CHOOSABLE_TYPES = tuple(name for name, kind in FIELD_TYPES.items() if not kind.has_choices)
"""Types that a new field may get from a file; choices have to be named first."""
MIN_REASON_CHARACTERS = 4
MAX_REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """The customer's statements about a file. Empty values were not stated.

    `all_rows`: the status of everyone in the file (one of ALL_ROWS). `no_status`: titles of columns that look like a
    status but are none, each with the reason. `time_zone`: IANA name for times without a zone. `date_order`: one of
    DATE_ORDERS, for columns that leave it open; `date_orders` the same by title. `system`: name of the profile of the
    system that wrote the file. `source`, `form_url`, `wording`: one value for all rows whose file has no such column.
    `field_types`: the type of a new field by the title of its column, one of CHOOSABLE_TYPES. `unread_noes`: how many
    rows a person left out although they say no, because no address can be found in them.
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
        """Return the status stated for all rows, whatever their cells say; None if none was stated."""
        return PriorStatus(self.all_rows) if self.all_rows and self.all_rows != BY_ROW else None

    @property
    def profile(self) -> SystemProfile | None:
        """Return the profile of the system that wrote the file."""
        return profiles().get(self.system)

    @property
    def stated_source(self) -> str:
        """Return the source that applies to all rows: the stated text and the address of the form."""
        return ", ".join(part for part in (self.source.strip(), self.form_url.strip()) if part)

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for `Import.terms`."""
        mappings = ("no_status", "date_orders", "field_types")
        return {**asdict(self), **{name: dict(getattr(self, name)) for name in mappings}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ImportTerms":
        """Read the output of `as_json`; other keys are ignored."""
        return cls(**{known.name: stored[known.name] for known in fields(cls) if known.name in stored})


def check_terms(terms: ImportTerms, header: Sequence[str]) -> None:
    """Check the terms against the header. Raises ImportProblem naming the invalid one."""
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
    """Return the terms that a file's name and the system that wrote it suggest, before the customer states any."""
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
    """Return the terms with the system that wrote the file and its time zone, unless they name others."""
    system = terms.profile or recognize(header, rows, file_name)
    if system is None:
        return terms
    return replace(terms, system=system.name, time_zone=terms.time_zone or system.time_zone)


def suggested_all_rows(file_name: str) -> str:
    """Return the status that a file's name clearly states for everyone in it, such as
    `unsubscribed_members_export.csv`.
    """
    found = file_status(file_name)
    return found[0].value if found is not None and found[1] else ""


def name_asks(file_name: str) -> str:
    """Return the status that a file's name suggests, empty for none."""
    found = file_status(file_name)
    return "" if found is None else found[0].value


def moment_readers(
    orders: Mapping[str, str], columns: Columns, header: Sequence[str], time_zone: str
) -> dict[int, Callable[[str], Moment | None]]:
    """Return a parser for each column that may hold a time, by the column's index; it uses the date order decided for
    its title.
    """
    used = {columns.targets[target] for target in TIMES if target in columns.targets}
    used |= {column.index for column in columns.statuses} | set(columns.changes)
    return {
        at: moment_reader(time_zone, orders[header[at]] == DayOrder.MONTH_FIRST if header[at] in orders else None)
        for at in used
    }

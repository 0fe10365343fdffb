"""The customer's terms for a file besides its columns: what its name means, its time zone, its date order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.timestamps import DayOrder
from mailflatrate.rules.prior_status import NO, PriorStatus, file_status, plain

BY_ROW = "by_row"
"""Whatever the file's name says, each row gives its own status."""
ALL_ROWS = (*(status.value for status in NO), BY_ROW)
DATE_ORDERS = (DayOrder.DAY_FIRST.value, DayOrder.MONTH_FIRST.value)
MIN_REASON_CHARACTERS = 4
MAX_REASON_CHARACTERS = 500

# Two of these titles show that a file comes from this system; its times without a zone are in the zone beside them.
_SYSTEM_ZONES: tuple[tuple[str, str], ...] = (
    ("UTC", "leid euid memberrating optintime confirmtime unsubtime cleantime lastchanged"),  # Mailchimp
)


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """The customer's statements about a file.

    `all_rows`: what everyone in the file said (one of ALL_ROWS). `no_status`: titles of columns that look like a
    status and are not, each with the reason. `time_zone`: IANA name of times without a zone. `date_order`: one of
    DATE_ORDERS, for columns that leave it open. Empty if nothing was stated.
    """

    all_rows: str = ""
    no_status: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    date_order: str = ""

    @property
    def everybody(self) -> PriorStatus | None:
        """Return the status stated for all rows, whatever their cells say."""
        return PriorStatus(self.all_rows) if self.all_rows and self.all_rows != BY_ROW else None

    def as_json(self) -> dict[str, Any]:
        """For `Import.terms`."""
        return {
            "all_rows": self.all_rows, "no_status": dict(self.no_status), "time_zone": self.time_zone,
            "date_order": self.date_order,
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ImportTerms":
        """Read the output of `as_json`; other keys are ignored."""
        return cls(
            stored.get("all_rows", ""), stored.get("no_status", {}), stored.get("time_zone", ""),
            stored.get("date_order", ""),
        )  # fmt: skip


def check_terms(terms: ImportTerms, header: Sequence[str]) -> None:
    """Check the terms against the header. Raises ImportProblem naming the invalid one."""
    if terms.all_rows and terms.all_rows not in ALL_ROWS:
        raise ImportProblem(
            _("“%(word)s” isn't a status for the rows; use one of: %(words)s")
            % {"word": terms.all_rows, "words": ", ".join(ALL_ROWS)}
        )
    if terms.date_order and terms.date_order not in DATE_ORDERS:
        raise ImportProblem(
            _("“%(word)s” isn't a date order; use one of: %(words)s")
            % {"word": terms.date_order, "words": ", ".join(DATE_ORDERS)}
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


def known_zone(header: Sequence[str]) -> str:
    """Return the time zone of the system that wrote a file with these titles; empty if the system is unknown."""
    names = {plain(title).replace(" ", "") for title in header}
    return next((zone for zone, titles in _SYSTEM_ZONES if len(names.intersection(titles.split())) >= 2), "")


def suggested_all_rows(file_name: str) -> str:
    """Return what a file's name clearly says of everyone in it, such as `unsubscribed_members_export.csv`."""
    found = file_status(file_name)
    return found[0].value if found is not None and found[1] else ""


def name_asks(file_name: str) -> str:
    """Return the status that a file's name suggests, empty for none."""
    found = file_status(file_name)
    return "" if found is None else found[0].value

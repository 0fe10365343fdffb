"""The customer's answers about the files of a move."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time
from typing import Any

from mailflatrate.apps.intake.reading.import_options import ImportTerms


@dataclass(frozen=True, slots=True)
class MoveAnswers:
    """For all rows, columns by title, files by number; empty: not answered. `last_mailed_on`: ISO."""

    system: str = ""
    previous_system: str = ""
    time_zone: str = ""
    source: str = ""
    form_url: str = ""
    wording: str = ""
    last_mailed_on: str = ""
    date_orders: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    no_status: Mapping[str, str] = field(default_factory=dict)
    all_rows: Mapping[str, str] = field(default_factory=dict)
    field_types: Mapping[str, str] = field(default_factory=dict)
    unread_noes: int = 0

    @property
    def terms(self) -> ImportTerms:
        return ImportTerms(
            system=self.system,
            time_zone=self.time_zone,
            source=self.source,
            form_url=self.form_url,
            wording=self.wording,
            date_orders=dict(self.date_orders),
            no_status=dict(self.no_status),
            field_types=dict(self.field_types),
            unread_noes=self.unread_noes,
        )

    @property
    def last_mailed_at(self) -> datetime | None:
        """None if it wasn't answered."""
        try:
            day = date.fromisoformat(self.last_mailed_on)
        except ValueError:
            return None
        return datetime.combine(day, time(), UTC)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "MoveAnswers":
        return cls(**{own_field.name: stored[own_field.name] for own_field in fields(cls) if own_field.name in stored})

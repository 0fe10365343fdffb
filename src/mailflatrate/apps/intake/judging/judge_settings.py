"""Inputs for judging rows."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailflatrate.apps.intake.reading.columns import Columns
from mailflatrate.apps.intake.reading.portable_rows import LineSource
from mailflatrate.apps.intake.reading.statuses import Statuses
from mailflatrate.rules.contacts.timestamps import Moment
from mailflatrate.rules.fields.field_type import FieldDefinition


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """`key_of`: canonical address -> keyed hash (R-96); `read_moments`: by column; `now`: when the import began, kept
    when resumed. `source`: for files without the column, `source_by` whom; `wording`: as the customer says.
    `same_time_is_single`: no confirmation was asked. `last_mailed_at`: the declared last campaign. Else see
    `decide_address`.
    """

    columns: Columns
    key_of: Callable[[str], bytes]
    read_moments: Mapping[int, Callable[[str], Moment | None]]
    says_minor: Callable[[str], bool]
    now: datetime
    statuses: Statuses
    last_mailed_at: datetime | None = None
    source: str = ""
    source_by: str = ""
    wording: str = ""
    same_time_is_single: bool = False
    own_domains: Collection[str] = ()
    own_addresses: Collection[str] = ()
    allow_reserved: Collection[str] = ()
    fields: Mapping[str, FieldDefinition] = field(default_factory=dict)
    """Attributes of other keys are kept as text."""
    field_orders: Mapping[int, bool] = field(default_factory=dict)
    is_portable: bool = False
    """Rows come verified from `portable_rows`, with fields and proof in columns of their own."""
    source_of: Callable[[str], LineSource] | None = None
    """Whose consent a line proves; None where no account is known."""

"""The inputs for judging the rows of a file, besides the rows."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailflatrate.apps.lists.intake.columns import Columns
from mailflatrate.apps.lists.intake.portable_rows import LineSource
from mailflatrate.apps.lists.intake.statuses import Statuses
from mailflatrate.apps.lists.intake.timestamps import Moment
from mailflatrate.rules.fields.field_type import FieldDefinition


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """The inputs for judging a row, besides the row.

    `key_of` maps a canonical address to its keyed hash (R-96), `read_moments` has the `moment_reader` of each time
    column by its index, `says_minor` is the account's `minor_reader`, `now` the moment the import began (a resumed
    import keeps it). `statuses` reads the previous system's status. `last_mailed_at` is the declared last campaign to
    the list. `source` applies to all rows of a file without such a column, and `source_by` says who stated it;
    `wording` is what people agreed to, according to the customer. `same_time_is_single`: the same time in both columns
    means that the person was not asked to confirm. `own_domains`, `own_addresses`, `allow_reserved`: see
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
    """The account's fields by key; attributes of other keys are kept as text."""
    field_orders: Mapping[int, bool] = field(default_factory=dict)
    """Whether the month comes first in a column's dates, by its index."""
    is_portable: bool = False
    """The rows come verified from `portable_rows`, with fields and proof in columns of its own."""
    source_of: Callable[[str], LineSource] | None = None
    """Tells whose consent a line proves; None where no account is known."""

"""What judging the rows of a file depends on besides the rows."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailflatrate.apps.lists.intake.columns import Columns
from mailflatrate.apps.lists.intake.statuses import Statuses
from mailflatrate.apps.lists.intake.timestamps import Moment
from mailflatrate.rules.contact_fields import FieldDefinition


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """What judging depends on besides the row.

    `key_of` maps a canonical address to its keyed hash (R-96), `read_moments` has the `moment_reader` of each
    column of times by its index, `says_minor` is the account's `minor_reader`, `now` the moment the import began (a
    resumed import keeps it). `statuses` reads the previous system's status. `last_mailed_at` is the declared last
    campaign to the list. `source` is that of all rows of a file without such a column, and `source_by` who stated it;
    `wording` is what people agreed to, as the customer says. `same_time_is_single`: one time in both columns means that
    nobody was asked to confirm. `own_domains`, `own_addresses`, `allow_reserved`: see `decide_address`.
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

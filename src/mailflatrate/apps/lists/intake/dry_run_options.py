"""The inputs of a dry run besides the files and the customer's statements."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailflatrate.apps.lists.intake.portable_rows import LineSource
from mailflatrate.apps.lists.intake.reviews import FactsOf, KnownOf
from mailflatrate.rules.proof.signature import PublishedKey


@dataclass(frozen=True, slots=True)
class DryRunOptions:
    """The inputs of a dry run besides the files and the statements that apply to all of them.

    `mapping` is field -> title, `choices` title -> choice, `all_rows` the status that a file's name states, by the
    file's number. `origin_source` is the declared form, which counts for systems that never export the source.
    `allow_reserved`: reserved endings that this installation accepts. `country` and `time_zone` are the account's.
    `on_progress` gets the octets read so far; an exception it raises ends the run. `known_of` looks up the account's
    people by the keys that `key_of` makes of a canonical address; `facts_of` asks the DNS, without which no domain is
    checked. `trusted_keys` verify signed lines (`portable_rows`); without them no such line proves anything.
    `source_of` tells whose consent such a line proves.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    all_rows: Mapping[int, str] = field(default_factory=dict)
    last_mailed_at: datetime | None = None
    origin_source: str = ""
    own_domains: Collection[str] = ()
    own_addresses: Collection[str] = ()
    allow_reserved: Sequence[str] = ()
    country: str = "DE"
    time_zone: str = "UTC"
    key_of: Callable[[str], bytes] | None = None
    known_of: KnownOf | None = None
    facts_of: FactsOf | None = None
    trusted_keys: Mapping[str, PublishedKey] = field(default_factory=dict)
    source_of: Callable[[str], LineSource] | None = None
    on_progress: Callable[[int], None] | None = None

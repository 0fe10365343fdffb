"""Inputs of a dry run besides files and statements."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailflatrate.apps.intake.dry_runs.reviews import FactsOf, KnownOf
from mailflatrate.apps.intake.reading.portable_rows import LineSource
from mailflatrate.rules.proof.signature import PublishedKey


@dataclass(frozen=True, slots=True)
class DryRunOptions:
    """`mapping`: field -> title, `choices`: title -> choice, `all_rows`: status by file number. `origin_source`: the
    declared form, for systems that never export it. `on_progress` gets bytes; its exceptions end the run.
    `known_of` looks up keys by `key_of`; `facts_of` asks the DNS. Without `trusted_keys` no signed line proves
    anything; `source_of`: whose consent it proves.
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

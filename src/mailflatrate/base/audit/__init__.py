"""The audit log (R-98): who did what at the desk and in an account's name; append-only, with each row chained to the
last.

Takes in: `record(...)` inside the transaction that it describes. Stores: rows that no one can change or remove without
a trace, not even the owner of the database. Passes on: `verify()`, which reports tampering.
"""

from mailflatrate.base.audit.chain import ChainReport, DamageKind, verify
from mailflatrate.base.audit.log import (
    Actor,
    ActorKind,
    AuditLine,
    AuditTally,
    acting_through,
    machine,
    nothing_changed,
    person,
    record,
    record_all,
    recorded,
    through,
)

__all__ = [
    "Actor",
    "ActorKind",
    "AuditLine",
    "AuditTally",
    "ChainReport",
    "DamageKind",
    "acting_through",
    "machine",
    "nothing_changed",
    "person",
    "record",
    "record_all",
    "recorded",
    "through",
    "verify",
]

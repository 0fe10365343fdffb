"""The audit log (R-98): who did what at the desk and in an account's name; append-only, each row chained to the last.
`record(...)` belongs inside the transaction that it describes; `verify()` reports tampering, even by the database's
owner.
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

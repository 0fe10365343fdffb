"""The audit log (R-98): who did what at the desk and in an account's name, append-only, each row chained to the last.

Arrives: `record(...)` inside the transaction that it describes. Keeps: rows that nobody can change or remove without a
trace, not even the owner of the database. Hands on: `verify()`, which reports what was tampered with.
"""

from mailflatrate.base.audit.chain import ChainReport, DamageKind, verify
from mailflatrate.base.audit.log import Actor, ActorKind, acting_through, machine, person, record, recorded, through

__all__ = [
    "Actor",
    "ActorKind",
    "ChainReport",
    "DamageKind",
    "acting_through",
    "machine",
    "person",
    "record",
    "recorded",
    "through",
    "verify",
]

"""The audit log (R-98): who did what at the desk and in an account's name, append-only, each row chained to the last.

Arrives: `record(...)` inside the transaction of what it tells about. Keeps: rows that nobody changes or removes; not
even the owner of the database can without a trace. Hands on: `verify()`, which names what was tampered with.
"""

from mailflatrate.base.audit.chain import ChainReport, Damage, DamageKind, verify
from mailflatrate.base.audit.log import Actor, ActorKind, acting_through, machine, person, record, recorded, through

__all__ = [
    "Actor",
    "ActorKind",
    "ChainReport",
    "Damage",
    "DamageKind",
    "acting_through",
    "machine",
    "person",
    "record",
    "recorded",
    "through",
    "verify",
]

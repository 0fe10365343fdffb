"""Readers of untrusted bytes in a child process with limits on time and memory (ADR 0017).

Takes in: the name of a reader in `registry` and its arguments. Stores: one or two warm processes without our keys,
database or files. Passes on: the reader's answer, checked against its declared type, or a typed error.
"""

from mailflatrate.base.child.errors import (
    ChildBusy,
    ChildCrashed,
    ChildError,
    ChildFailed,
    ChildOutOfMemory,
    ChildTimeout,
)
from mailflatrate.base.child.pool import ChildPool, call, call_once, stream, warm
from mailflatrate.base.child.spending import budget

__all__ = [
    "ChildBusy",
    "ChildCrashed",
    "ChildError",
    "ChildFailed",
    "ChildOutOfMemory",
    "ChildPool",
    "ChildTimeout",
    "budget",
    "call",
    "call_once",
    "stream",
    "warm",
]

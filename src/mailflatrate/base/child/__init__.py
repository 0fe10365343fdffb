"""Readers of untrusted bytes in a child process with limits on time and memory (ADR 0017), without our keys, database
or files. Answers are checked against their declared type.
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

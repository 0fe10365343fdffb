"""The email systems that customers come from: how their exports look, and where the proof of consent is in them.

`profiles/` holds one readable file a system. `profile` loads and checks them, and recognizes the system of a table.
"""

from mailflatrate.rules.systems.codes import code_table, suspected_codes
from mailflatrate.rules.systems.profile import (
    ColumnRole,
    MissingData,
    ProofColumns,
    SystemProfile,
    compact,
    profiles,
    recognize,
)

__all__ = [
    "ColumnRole",
    "MissingData",
    "ProofColumns",
    "SystemProfile",
    "code_table",
    "compact",
    "profiles",
    "recognize",
    "suspected_codes",
]

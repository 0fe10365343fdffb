"""The texts with which mail systems report that they could not deliver, as readable tables.

There are two kinds of tables. *Words* (`phrases.toml`) tie a phrase of a diagnostic text to a reason; *dialects* (one
file per system or family) say how a system's non-standard bounce is recognized and where it names the recipient. Both
are ordered from the most to the least authoritative, and every row names the system that writes it. `verdict` applies
the first kind, `dialect` the second.
"""

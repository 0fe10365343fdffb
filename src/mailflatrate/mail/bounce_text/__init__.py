"""What the world's mail systems write when they could not deliver, as readable tables.

Two kinds of tables. *Words* (`phrases_*.py`) tie a phrase of a diagnostic text to a reason; *dialects* (one file per
system or family) say how a system's home-made bounce is recognized and where it names the recipient. Both run from
the most to the least authoritative, and every row names the system that writes it. `verdict` applies the first
kind, `dialect` the second.
"""

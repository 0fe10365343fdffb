"""What the mail systems of the world write when they could not deliver, as tables that can be read.

Two kinds of tables. *Words* (`words_*.py`) tie a phrase of a diagnostic text to a reason; *dialects* (one file per
system or family) say how a system's home-made bounce is recognised and where it names the recipient. Both run from
the most to the least authoritative, and every row names the system that writes it. `verdict` applies the first kind,
`dialects` the second.
"""

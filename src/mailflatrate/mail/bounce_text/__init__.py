"""The texts with which mail systems report that they could not deliver, as tables. Phrases (`phrases.toml`) tie words
to a reason for `verdict`; dialects (one file per family) say how `dialect` recognizes a non-standard bounce and finds
its recipient. Both go from the most to the least authoritative, and every row names the system that writes it.
"""

"""Which origins of addresses are allowed (R-10, R-11), and what a file of addresses reveals about its origin (R-15).

`forbidden.py` finds words for forbidden sources in what a customer wrote; the words are in `forbidden.toml`, with the
reason for each group. `figures.py` compares the figures of one import with the limits.
"""

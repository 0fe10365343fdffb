"""One rule a file. Each states its id, what a failure does, both languages' sentences and its source.

`gate.py` puts them in order; nothing else asks them.
"""

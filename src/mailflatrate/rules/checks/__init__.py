"""One rule a file. Each states its id, what a failure does, its text as message ids and its source.

`gate.py` puts them in order; nothing else asks them.
"""

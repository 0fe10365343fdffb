"""One rule per file. Each defines its id, the effect of a failure, its text as message ids and its source.

`gate.py` puts them in order; nothing else calls them.
"""

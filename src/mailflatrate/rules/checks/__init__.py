"""One rule per file. Each defines its id, the effect of a failure, its text as message ids and its source.

`chains.py` puts them in order by the names of their files; nothing else calls them.
"""

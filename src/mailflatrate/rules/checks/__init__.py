"""One rule per file: id, effect of a failure, text as message ids, source. `chains.py` orders them by file name;
nothing else calls them.
"""

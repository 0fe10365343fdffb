"""Files that every host of an installation must see (ADR 0027): each stored completely or not at all in the backend
that MAILFLATRATE_STORAGE names, and given only to its own account. Apps use `files`.
"""

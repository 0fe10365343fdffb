"""Files that every host of an installation must see: import uploads and pictures (ADR 0027).

Arrives: bytes under a name such as `uploads/4f...`, in the scope of an account. Keeps: each file whole or not at
all, in the backend that MAILFLATRATE_STORAGE names. Hands on: the same bytes on any host, to the same account alone.
Apps use `files`.
"""

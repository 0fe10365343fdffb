"""Files that every host of an installation must see: import uploads and pictures (ADR 0027).

Takes in: bytes under a name such as `uploads/4f...`, in the scope of an account. Stores: each file completely or not at
all, in the backend that MAILFLATRATE_STORAGE names. Passes on: the same bytes on any host, only to the same account.
Apps use `files`.
"""

"""The operator's relays.

Arrives: rows edited at the desk or by `mailflatrate relays`. Keeps: where each relay is, its sealed credentials, its
pool and limits. Hands on: the connections of the sender (`send.routes`), by pool.
"""

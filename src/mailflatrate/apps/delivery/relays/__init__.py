"""The operator's relays.

Takes in: rows edited at the desk or by `mailflatrate relays`. Stores: where each relay is, its sealed credentials,
its pool and limits. Passes on: the connections of the sender (`send.routes`), by pool.
"""

"""Fetching contacts from the API of another email system with the customer's key, which is used for one move.

`connector` defines what a system offers, and one module per system implements it; `api` sends the requests, within
limits. Each connector writes rows as the system's own export file would have them, so that the same profiles, piles and
proof apply to them. `lists.fetch_runner` fetches part by part and hands the files to the move; `actions.fetches` has
the writes.
"""

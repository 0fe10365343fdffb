"""Fetching contacts from the API of another email system with the customer's key, which is used for one move.

`connector` says what a system gives, one module a system how; `api` sends the requests, within bounds. Each connector
writes rows as the system's own export file would have them, so that the same profiles, piles and proof judge them.
`lists.fetch_runner` fetches part by part and hands the files to the move; `actions.fetches` has the writes.
"""

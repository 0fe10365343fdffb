"""The withdrawals log: what a restored backup would forget, kept outside of the database (ADR 0028).

Arrives: rows of `withdrawal_outbox`, once a minute. Keeps: lines without an address, in a folder or a bucket. Hands on:
the same withdrawals to a database that was restored to an earlier moment, where each of them takes effect again.
"""

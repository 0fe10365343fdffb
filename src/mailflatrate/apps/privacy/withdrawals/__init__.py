"""The withdrawals log: what a restored backup would lose, kept outside the database (ADR 0028).

Takes in: rows of `withdrawal_outbox`, once a minute. Stores: lines without an address, in a folder or a bucket. Passes
on: the same withdrawals, replayed into a database that was restored to an earlier time, where each takes effect again.
"""

"""The withdrawals log: what a restored backup would lose, kept outside the database (ADR 0028).

In: rows of `withdrawal_outbox`, once a minute. Keeps: lines without an address, in a folder or a bucket. Out: the same
withdrawals, replayed into a database that was restored to an earlier time, where each takes effect again.
"""

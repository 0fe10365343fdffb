"""The withdrawals log, kept outside the database (ADR 0028): lines without an address, in a folder or a bucket,
replayed into a database that was restored to an earlier time.
"""

"""Acting on returned mail: each stored message is read once, and reading it again changes nothing.

The steps for a message: find who it is about, say what it is, record it once, act on it once (`process_batch`; which
ones, `claim_batch`). `stop_requests` records what ends mail to a person, `bounces` what came back. `manual_review`
marks what needs a person's attention for the abuse desk in the same transaction.
"""

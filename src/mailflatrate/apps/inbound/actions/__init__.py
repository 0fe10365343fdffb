"""Acting on returned mail: each stored message is read once, and reading it again changes nothing.

The steps for a message: find who it is about, determine what it is, record it once, act on it once (`process_batch`;
`claim_batch` picks the messages). `stop_requests` records requests to end mail to a person, `bounces` records bounces.
`manual_review` passes messages that need a person's attention to the abuse desk, in the same transaction.
"""

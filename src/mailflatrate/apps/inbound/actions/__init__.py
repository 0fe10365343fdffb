"""Acting on returned mail: each message is read once, and reading it again changes nothing. `process_batch` finds whom
and what it is about, records it and acts once; `manual_review` hands the rest to the abuse desk.
"""

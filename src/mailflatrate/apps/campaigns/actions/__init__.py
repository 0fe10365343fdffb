"""Every write to campaigns, each in one transaction.

`drafts` holds campaigns before they are sent, `approval` who asked for and gave it, `media` pictures, `brand` the
account's look, `templates` starting points for drafts, `versions` and `comments` several people working on one draft,
`digests` campaigns made from a feed.
"""

"""Every write to campaigns; one transaction each.

`drafts` holds campaigns before they are sent, `approval` who asked for and gave it, `media` pictures, `brand` the
account's look, `templates` what drafts begin with, `versions` and `comments` several people working on one draft,
`digests` campaigns made from a feed.
"""

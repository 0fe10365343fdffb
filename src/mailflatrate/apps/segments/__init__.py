"""Segments: conditions as SQL, and what is done with the people they choose.

In: conditions and filters. Kept: saved segments, exports, bulk actions, orders of large lists. Out: an audience.
`builders` makes SQL, `contact_list` the pages of contacts, `bulk` and `exports` work on many people.
"""

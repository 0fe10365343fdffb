"""A contact's timeline: everything that happened with one person, newest first, from the tables of all apps.

`events` has the content of a row and the position of a page, `sources` reads each table from that position on, `pages`
merges them. Each source reads at most one page of rows, so a person with thousands of messages costs as much as one
with fifty.
"""

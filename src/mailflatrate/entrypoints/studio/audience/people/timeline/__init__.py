"""A contact's timeline, newest first, from the tables of all apps (`sources`), merged by `pages`. Each source reads at
most one page of rows, so a person with thousands of messages costs as much as one with fifty.
"""

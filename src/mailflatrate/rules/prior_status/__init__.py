"""A person's status in the previous email system (R-16), from status words, column titles and file names.

It is generous in what counts as a no and strict in what counts as a yes: an unknown word is neither, and holds the row.
`status_words` reads cells, `columns` reads titles, `row` combines the columns of one row.
"""

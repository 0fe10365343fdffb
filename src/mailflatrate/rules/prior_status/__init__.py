"""What the previous email system said about a person (R-16): its status words, its column titles, its file names.

Generous in what counts as a no, strict in what counts as a yes: an unknown word is neither, and holds the row.
`status_words` reads cells, `columns` reads titles, `row` puts the columns of one row together.
"""

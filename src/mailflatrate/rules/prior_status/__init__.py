"""A person's status in the previous email system (R-16), generous in what counts as a no and strict in what counts as a
yes: an unknown word is neither, and holds the row.
"""

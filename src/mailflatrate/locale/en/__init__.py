"""English: formats of dates; the texts themselves are in the code."""

"""The list of contacts: its filter, order, pages, counts and columns."""

"""Pages about contacts: the list, one contact, fields, notes, bulk actions."""

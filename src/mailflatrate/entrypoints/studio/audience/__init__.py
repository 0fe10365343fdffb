"""Lists, contacts, segments, imports."""

"""Operations on lists, contacts and their fields, tags, events, files and suppressions."""

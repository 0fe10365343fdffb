"""A campaign's content from its source to compiled HTML and text, and what is read from it: facts, mistakes."""

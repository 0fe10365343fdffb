"""The first page: how things stand and what to do next."""

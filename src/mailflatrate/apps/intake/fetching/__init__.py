"""Fetching contacts from another system's API, as rows like those of its export files: the same profiles apply."""

"""Decides about each row, once for the dry run and the import."""

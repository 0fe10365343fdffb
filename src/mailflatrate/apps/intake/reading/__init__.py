"""Reads files: bytes to tables, titles to columns, and what a customer has to be asked about them."""

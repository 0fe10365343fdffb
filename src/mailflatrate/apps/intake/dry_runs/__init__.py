"""Tells what an import would do: rows in piles by what becomes of them, with samples."""

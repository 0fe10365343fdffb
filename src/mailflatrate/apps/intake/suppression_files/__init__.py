"""Suppressing the addresses of a file."""

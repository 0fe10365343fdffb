"""Suppressing the addresses of a file: `reading` interprets each row, `runner` writes them slice by slice."""

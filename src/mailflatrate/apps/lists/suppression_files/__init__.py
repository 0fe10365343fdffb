"""Suppressing the addresses of a file: `reading` says what each row means, `runner` writes them slice by slice."""

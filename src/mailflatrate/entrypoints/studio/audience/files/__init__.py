"""Pages about files of contacts: imports, fetches, exports, suppression files."""

"""Export files. Takes in: an `Export` row. Stores: the file, until it expires. Passes on: CSV, XLSX or NDJSON."""

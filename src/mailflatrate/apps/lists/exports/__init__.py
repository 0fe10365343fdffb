"""Export files: a background job streams contacts, suppressions or proof into one file, which is kept for some days.

Takes in: an `Export` row. Stores: the file, in the installation's storage until it expires. Passes on: CSV, XLSX or
NDJSON. `contacts`, `suppressions` and `proof` yield the rows, `file_formats` writes them, `runner` is the job.
"""

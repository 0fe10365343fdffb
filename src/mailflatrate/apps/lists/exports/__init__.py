"""Export files: a background job streams contacts, suppressions or proof into one file, kept for some days.

In: an `Export` row. Keeps: the file in the installation's storage until it expires. Out: CSV, XLSX or NDJSON.
`contacts`, `suppressions` and `proof` yield the rows, `file_formats` writes them, `runner` is the job.
"""

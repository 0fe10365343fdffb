"""Incoming contact files: read them, judge row by row, and write slice by slice.

`archive` unpacks a ZIP; `dialect`, `csv_rows`, `text_tables` and `spreadsheets` turn a file into rows; `columns` and
`timestamps` interpret the cells, in the terms of the system that wrote the file (`rules.systems`); `row_decisions`
applies the rules; `slices` writes one slice in one transaction; `runner` reads and writes at the same time. `dry_run`
judges the same way but only counts, without a database.
"""

"""Incoming contact files: read them, judge row by row, and write slice by slice.

`dialect`, `csv_rows`, `spreadsheets` turn a file into rows; `columns` and `timestamps` interpret the cells;
`row_decisions` applies the rules; `slices` writes one slice in one transaction; `runner` runs both halves side by side.
"""

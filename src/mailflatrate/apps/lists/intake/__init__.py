"""Incoming contact files: read them, judge row by row, and write slice by slice.

`dialect`, `tables`, `workbook` turn a file into rows; `columns` and `moments` interpret the cells; `judge` applies
the rules; `slices` writes one slice in one transaction; `runner` runs both halves side by side.
"""

"""Files of contacts on their way in: reading, judging row by row, and writing slice by slice.

`dialect`, `tables`, `workbook` turn a file into rows; `columns` and `moments` give their cells a meaning; `judge` asks
the rules; `slices` writes one slice in one transaction; `runner` drives both halves side by side.
"""

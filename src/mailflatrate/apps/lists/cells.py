"""Cells of files that people open in a spreadsheet."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """Against CSV injection (OWASP): characters that start a formula, and tab and CR, which hide one."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell

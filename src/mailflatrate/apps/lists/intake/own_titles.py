"""The columns that we add to a file of rows to correct (`actions.rejected_rows`).

They are ignored when the file is uploaded again.
"""

from typing import Final

LINE_TITLE: Final = "mailflatrate_line"
REASON_TITLE: Final = "mailflatrate_reason"
SUGGESTION_TITLE: Final = "mailflatrate_suggestion"
OWN_TITLES: Final = (LINE_TITLE, REASON_TITLE, SUGGESTION_TITLE)


def is_ours(title: str) -> bool:
    """Return whether we added a column ourselves, so that its contents say nothing about a person."""
    return title.strip().lower() in OWN_TITLES

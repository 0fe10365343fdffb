"""The columns that we add to a file of rows to correct (`actions.rejected_rows`). Handed in again, they say nothing."""

from typing import Final

LINE_TITLE: Final = "mailflatrate_line"
REASON_TITLE: Final = "mailflatrate_reason"
SUGGESTION_TITLE: Final = "mailflatrate_suggestion"
OWN_TITLES: Final = (LINE_TITLE, REASON_TITLE, SUGGESTION_TITLE)


def is_ours(title: str) -> bool:
    """Return whether a column is one of those that we added, so that its words say nothing about a person."""
    return title.strip().lower() in OWN_TITLES

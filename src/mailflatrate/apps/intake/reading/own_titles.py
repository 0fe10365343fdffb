"""Columns that we add to rows to correct (`actions.rejected_rows`); ignored when uploaded again."""

from typing import Final

LINE_TITLE: Final = "mailflatrate_line"
REASON_TITLE: Final = "mailflatrate_reason"
SUGGESTION_TITLE: Final = "mailflatrate_suggestion"
OWN_TITLES: Final = (LINE_TITLE, REASON_TITLE, SUGGESTION_TITLE)


def is_ours(title: str) -> bool:
    """So its contents say nothing about a person."""
    return title.strip().lower() in OWN_TITLES

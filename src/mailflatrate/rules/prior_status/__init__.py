"""What the previous email system said about a person (R-16): its status words, its column titles, its file names.

Generous in what counts as a no, strict in what counts as a yes: an unknown word is neither, and holds the row.
`status_words` reads cells, `columns` reads titles, `row` puts the columns of one row together.
"""

from mailflatrate.rules.prior_status.column_kind import ColumnGuess, ColumnProfile, guess_column, is_unread_state
from mailflatrate.rules.prior_status.columns import (
    StatusField,
    StatusTitle,
    counts_states,
    file_status,
    is_last_change,
    is_other_channel,
    read_title,
    stands_alone,
)
from mailflatrate.rules.prior_status.row import StatusColumn, StatusHit, judge_row
from mailflatrate.rules.prior_status.status_words import (
    NO,
    PriorStatus,
    is_flag,
    is_nothing,
    is_status_word,
    plain,
    read_flag,
    read_status,
)

__all__ = [
    "NO",
    "ColumnGuess",
    "ColumnProfile",
    "PriorStatus",
    "StatusColumn",
    "StatusField",
    "StatusHit",
    "StatusTitle",
    "counts_states",
    "file_status",
    "guess_column",
    "is_flag",
    "is_last_change",
    "is_nothing",
    "is_other_channel",
    "is_status_word",
    "is_unread_state",
    "judge_row",
    "plain",
    "read_flag",
    "read_status",
    "read_title",
    "stands_alone",
]

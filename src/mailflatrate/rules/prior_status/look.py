"""What a column looks like by its title and its cells together: a status, a question, or something else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailflatrate.rules.prior_status.columns import StatusField, is_other_channel, read_title, stands_alone
from mailflatrate.rules.prior_status.words import PriorStatus, is_flag, is_nothing, is_status_word, read_status


class Guess(Enum):
    """What to do with a column that nobody has mapped."""

    STATUS = "status"
    ASK = "ask"
    NOTHING = "nothing"


@dataclass(slots=True)
class ColumnLook:
    """Counts over the cells of one column; filled by `add`, times by whoever can read them."""

    filled: int = 0
    flags: int = 0
    times: int = 0
    states: int = 0
    """Cells whose word is a status, if the column is about that: `active`."""
    telling: int = 0
    """Cells whose word is a status whatever the column is about: `unsubscribed`."""
    events: int = 0
    """Cells that are neither empty nor a no."""
    links: int = 0

    def add(self, text: str, *, is_time: bool) -> None:
        """Count one cell that is not blank."""
        self.filled += 1
        flag = is_flag(text)
        self.flags += flag
        self.times += is_time and not flag
        nothing = is_nothing(text)
        self.events += not nothing and not (flag and text.strip().lower() in ("no", "nein", "false", "n", "f"))
        self.links += text.lstrip().startswith(("http://", "https://", "mailto:"))
        if not flag and not nothing and not is_time:
            self.states += read_status(text) is not PriorStatus.UNKNOWN and not text.strip().isdecimal()
            self.telling += is_status_word(text)

    @property
    def is_yes_or_no(self) -> bool:
        """True where every cell is a yes or a no."""
        return self.filled > 0 and self.flags == self.filled

    @property
    def is_times(self) -> bool:
        """True where most cells are times; a zero counts as none happened."""
        return self.times > 0 and self.times * 2 > self.filled - self.flags


def guess_column(title: str, look: ColumnLook) -> tuple[Guess, StatusField]:
    """Whether a column tells of a person's status, as which field, or has to be asked about."""
    promised = read_title(title)
    if is_other_channel(title):
        return Guess.NOTHING, StatusField.STATE
    if promised is None:
        return (Guess.ASK if look.telling else Guess.NOTHING), StatusField.STATE
    if look.filled and look.links * 2 > look.filled:
        return Guess.NOTHING, promised.field
    if promised.field is not StatusField.STATE:
        if promised.certain:
            return Guess.STATUS, promised.field
        return (Guess.ASK if look.events else Guess.NOTHING), promised.field
    if look.is_times:
        return (Guess.ASK if look.telling else Guess.NOTHING), StatusField.STATE
    if promised.certain or (look.telling and stands_alone(title)):
        return Guess.STATUS, StatusField.STATE
    says = look.telling or look.states or look.is_yes_or_no
    if says and stands_alone(title):
        return Guess.STATUS, StatusField.STATE
    return (Guess.ASK if says else Guess.NOTHING), StatusField.STATE

"""Guesses a column's type from its title and its cells together: a status, a question, or something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from mailflatrate.rules.prior_status.columns import (
    StatusField,
    counts_states,
    is_opt_in,
    is_other_channel,
    read_title,
    reason_of,
    stands_alone,
)
from mailflatrate.rules.prior_status.status_words import (
    NO,
    PriorStatus,
    is_flag,
    is_nothing,
    is_status_word,
    plain,
    read_status,
)

MAX_KINDS = 12
"""A column with so few different values holds categories, not texts."""
MAX_KIND_CHARACTERS = 40
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}")
_PROSE_WORDS = 4
_NEGATION = re.compile(r"\b(?:nicht|kein[e]?|not?|non|pas|niet|geen|nie) ?\b")
_CODE_CHARACTERS = 2
# What a whole table of one-letter states is made of: with U (unsubscribed) and one that may be a yes.
_STATE_LETTERS = frozenset("abcdnopsuwix")
_OPT_IN_DIGITS = frozenset("012")
_LETTERS_OF_YES = frozenset("acsw")
_PLACES = frozenset(
    [
        "al",
        "ak",
        "az",
        "ar",
        "ca",
        "co",
        "ct",
        "de",
        "fl",
        "ga",
        "hi",
        "id",
        "il",
        "in",
        "ia",
        "ks",
        "ky",
        "la",
        "me",
        "md",
        "ma",
        "mi",
        "mn",
        "ms",
        "mo",
        "mt",
        "ne",
        "nv",
        "nh",
        "nj",
        "nm",
        "ny",
        "nc",
        "nd",
        "oh",
        "ok",
        "or",
        "pa",
        "ri",
        "sc",
        "sd",
        "tn",
        "tx",
        "ut",
        "vt",
        "va",
        "wa",
        "wv",
        "wi",
        "wy",
        "dc",
        "ab",
        "bc",
        "mb",
        "nb",
        "nl",
        "ns",
        "nt",
        "nu",
        "on",
        "pe",
        "qc",
        "sk",
        "yt",
        "bw",
        "by",
        "be",
        "bb",
        "hb",
        "hh",
        "he",
        "mv",
        "ni",
        "nw",
        "rp",
        "sl",
        "sn",
        "st",
        "sh",
        "th",
        "nsw",
        "qld",
        "sa",
        "tas",
        "vic",
        "act",
    ]
)


class ColumnGuess(Enum):
    STATUS = "status"
    ASK = "ask"
    NOTHING = "nothing"


@dataclass(slots=True)
class ColumnProfile:
    """Filled by `add`; the caller says which cells are times, because it can parse them."""

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
    ips: int = 0
    emails: int = 0
    nothings: int = 0
    """Cells that say that there is nothing, such as 0000-00-00 or null, and aren't a yes or no."""
    prose: int = 0
    kinds: set[str] = field(default_factory=set)
    """The different cells, up to one more than MAX_KINDS."""
    is_empty: bool = False
    """No row of the whole table has a value here."""

    def add(self, text: str, *, is_time: bool, is_ip: bool = False) -> None:
        self.filled += 1
        flag = is_flag(text)
        self.flags += flag
        self.times += is_time and not flag
        self.ips += is_ip
        self.emails += "@" in text and " " not in text.strip() and len(text) <= 320
        self.prose += len(text.split()) > _PROSE_WORDS
        self.add_kind(text)
        nothing = is_nothing(text)
        self.nothings += nothing and not flag
        self.events += not nothing and not (flag and text.strip().lower() in ("no", "nein", "false", "n", "f"))
        self.links += text.lstrip().startswith(("http://", "https://", "mailto:"))
        # What a person's address is made of says nothing about that person: bounce.b@example.com.
        if not flag and not nothing and not is_time and not _ADDRESS.fullmatch(text.strip()):
            self.states += read_status(text) is not PriorStatus.UNKNOWN and not text.strip().isdecimal()
            self.telling += is_status_word(text)

    def add_kind(self, text: str) -> None:
        if len(self.kinds) <= MAX_KINDS:
            self.kinds.add(text.strip().lower()[: MAX_KIND_CHARACTERS + 1])

    @property
    def is_yes_or_no(self) -> bool:
        return self.filled > 0 and self.flags == self.filled

    @property
    def is_marks(self) -> bool:
        marks = {kind for kind in self.kinds if not is_nothing(kind) or is_flag(kind)}
        numbers = {kind.rstrip("0").rstrip(".,") or "0" for kind in marks if any(map(str.isdigit, kind))}
        # An f that is never answered by a t is half of a sex.
        return self.has_kinds and bool(marks) and marks != {"f"} and numbers <= {"0", "1"} and all(map(is_flag, marks))

    @property
    def is_contrast(self) -> bool:
        words = {plain(kind) for kind in self.kinds} - {""} if self.has_kinds else set()
        return any(_NEGATION.sub("", word).strip() in words for word in words if _NEGATION.search(word))

    @property
    def is_times(self) -> bool:
        return self.times > 0 and self.times * 2 > self.filled - self.flags - self.nothings

    @property
    def is_ips(self) -> bool:
        return self.filled > 0 and self.ips * 2 > self.filled

    @property
    def is_emails(self) -> bool:
        return self.filled > 0 and self.emails * 2 > self.filled

    @property
    def is_prose(self) -> bool:
        return self.prose * 2 > self.filled

    @property
    def has_kinds(self) -> bool:
        return 0 < len(self.kinds) <= MAX_KINDS and all(len(kind) <= MAX_KIND_CHARACTERS for kind in self.kinds)

    @property
    def is_codes(self) -> bool:
        return self.has_kinds and all(len(kind) <= _CODE_CHARACTERS or kind.isdecimal() for kind in self.kinds)

    @property
    def is_places(self) -> bool:
        return bool(self.kinds) and self.kinds <= _PLACES


def is_unread_state(text: str) -> bool:
    """Return True for a cell that may be a status under such a title: a code or a word, but no federal state."""
    word = text.strip().lower()
    return (
        0 < len(word) <= MAX_KIND_CHARACTERS
        and word not in _PLACES
        and (word.isalpha() or (len(word) <= _CODE_CHARACTERS and word.isalnum()))
    )


def guess_column(
    title: str, profile: ColumnProfile, codes: Mapping[str, PriorStatus] | None = None
) -> tuple[ColumnGuess, StatusField]:
    """Return also whether the user has to be asked: a few codes or words under a title about a status lead to a
    question even if none is known. `codes` is the column's table if the header identifies the system.
    """
    promised = read_title(title)
    if is_other_channel(title):
        return ColumnGuess.NOTHING, StatusField.STATE
    if codes and profile.kinds and all(plain(kind) in codes for kind in profile.kinds):
        return ColumnGuess.STATUS, StatusField.STATE
    if promised is None:
        return _guess_untitled(profile), StatusField.STATE
    if profile.filled and profile.links * 2 > profile.filled:
        return ColumnGuess.NOTHING, promised.field
    if promised.field is not StatusField.STATE:
        status_field = reason_of(promised.field) if profile.filled and profile.is_ips else promised.field
        if promised.certain:
            return ColumnGuess.STATUS, status_field
        return (ColumnGuess.ASK if profile.events else ColumnGuess.NOTHING), status_field
    return _guess_state(title, profile, certain=promised.certain), StatusField.STATE


def _guess_untitled(profile: ColumnProfile) -> ColumnGuess:
    if profile.is_prose:
        return ColumnGuess.NOTHING
    if profile.telling or profile.is_marks or profile.is_contrast or _is_letter_table(profile.kinds):
        return ColumnGuess.ASK
    statuses = {read_status(kind) for kind in profile.kinds if not kind.isdecimal()} if profile.has_kinds else set()
    return ColumnGuess.ASK if PriorStatus.YES in statuses and not statuses.isdisjoint(NO) else ColumnGuess.NOTHING


def _is_letter_table(kinds: set[str]) -> bool:
    return "u" in kinds and kinds <= _STATE_LETTERS and not kinds.isdisjoint(_LETTERS_OF_YES)


def _guess_state(title: str, profile: ColumnProfile, *, certain: bool) -> ColumnGuess:
    if profile.is_times or profile.is_emails or profile.is_ips:
        return ColumnGuess.ASK if profile.telling else ColumnGuess.NOTHING
    if certain and is_opt_in(title) and profile.kinds <= _OPT_IN_DIGITS and not counts_states(title):
        return ColumnGuess.STATUS
    if profile.is_codes and not profile.is_places and (counts_states(title) or not profile.is_yes_or_no):
        return ColumnGuess.ASK
    says = profile.telling or profile.states or profile.is_yes_or_no
    if certain or (says and stands_alone(title)):
        return ColumnGuess.STATUS
    if profile.is_prose or profile.is_places or not profile.filled:
        return ColumnGuess.NOTHING
    return ColumnGuess.ASK if says or profile.has_kinds else ColumnGuess.NOTHING

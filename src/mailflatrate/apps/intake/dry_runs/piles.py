"""The three piles: mailable, to be asked, never mailed. A person counts once; a no wins over anything in any row."""

from array import array
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from mailflatrate.apps.intake.judging.judged import REFUSAL_REASONS
from mailflatrate.apps.intake.reading.csv_rows import RowFault
from mailflatrate.rules.addresses import AddressReason
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus


class Pile(StrEnum):
    MAILABLE = "mailable"
    ASK = "ask"
    NEVER = "never"


DUPLICATE: Final = "duplicate"
SUPPRESSED: Final = "suppressed"
_INVALID: Final = "invalid"
NO_WORDS: Final = {status: SUPPRESSED if status is PriorStatus.BLOCKED else status.value for status in NO}
"""The strongest first."""
_WORDS: Final = {
    **{REFUSAL_REASONS[status]: word for status, word in NO_WORDS.items()},
    **{reason.value: _INVALID for reason in AddressReason},
    AddressReason.ROLE.value: "role_address",
    AddressReason.DISPOSABLE.value: "disposable",
    AddressReason.OWN_ADDRESS.value: "own_address",
    "duplicate_in_file": DUPLICATE,
    **{fault.value: "unreadable" for fault in RowFault},
}


def never_word(reason: str) -> str:
    """`unsubscribed`, `role_address`, `invalid`, ..."""
    return _WORDS.get(reason, reason)


Outcome = tuple[Pile, str]


class PersonPiles:
    """By the address's fingerprint, 10 to 30 bytes a person; two of n share one with a chance of n*n / 2**65."""

    _START_BITS = 16
    _MAX_LOAD_PERCENT = 66

    def __init__(self) -> None:
        self.counts: Counter[Outcome] = Counter()
        self._outcomes: list[Outcome] = [(Pile.NEVER, "")]
        self._codes: dict[Outcome, int] = {}
        self._people = 0
        self._tagged: dict[bytes, list[bytes]] = {}
        self._allocate(1 << self._START_BITS)

    def add_row(self, outcome: Outcome) -> None:
        """Without address, or refused because of it."""
        self.counts[outcome] += 1

    def add_person(self, key: bytes, outcome: Outcome, mailbox_key: bytes | None = None) -> bool:
        """True for the person's first row; the strongest counts. `mailbox_key`, without +tag: a no covers both."""
        before = self._people
        self._put(key, outcome)
        if mailbox_key is not None and outcome[0] is not Pile.NEVER:
            self._tagged.setdefault(mailbox_key[:8], []).append(key)
        return self._people > before

    def settle(self) -> None:
        """Everyone whose mailbox said no joins its pile. Once, after the last row."""
        for mailbox, keys in self._tagged.items():
            fate = self.outcome(mailbox)
            if fate is not None and fate[0] is Pile.NEVER:
                for key in keys:
                    self._put(key, (Pile.NEVER, SUPPRESSED))
                    self.counts[Pile.NEVER, DUPLICATE] -= 1

    def refuse(self, key: bytes, *, with_tagged: bool = True) -> None:
        """With those of the same mailbox; the key may be unknown. Call it before `settle`."""
        for mailbox_key in (key, *(self._tagged.get(key[:8], ()) if with_tagged else ())):
            fate = self.outcome(mailbox_key)
            if fate is not None and fate[0] is not Pile.NEVER:
                self._put(mailbox_key, (Pile.NEVER, SUPPRESSED))
                self.counts[Pile.NEVER, DUPLICATE] -= 1

    def replace(self, key: bytes, outcome: Outcome) -> None:
        place = self._place(_fingerprint(key))
        if self._slots[place]:
            self.counts[self._outcomes[self._values[place]]] -= 1
            self.counts[outcome] += 1
            self._values[place] = self._code(outcome)

    def outcome(self, key: bytes) -> Outcome | None:
        """None for an unknown person."""
        fingerprint = _fingerprint(key)
        place = self._place(fingerprint)
        return self._outcomes[self._values[place]] if self._slots[place] else None

    def _put(self, key: bytes, outcome: Outcome) -> None:
        fingerprint = _fingerprint(key)
        place = self._place(fingerprint)
        code = self._code(outcome)
        if not self._slots[place]:
            self._slots[place], self._values[place] = fingerprint, code
            self.counts[outcome] += 1
            self._people += 1
            if self._people > self._limit:
                self._grow()
            return
        earlier = self._outcomes[self._values[place]]
        self.counts[Pile.NEVER, DUPLICATE] += 1
        if _strength(outcome) < _strength(earlier):
            self._values[place] = code
            self.counts[earlier] -= 1
            self.counts[outcome] += 1

    def _code(self, outcome: Outcome) -> int:
        code = self._codes.get(outcome)
        if code is None:
            code = self._codes[outcome] = len(self._outcomes)
            self._outcomes.append(outcome)
        return code

    def _place(self, fingerprint: int) -> int:
        slots, mask = self._slots, self._mask
        place = fingerprint & mask
        while (slot := slots[place]) and slot != fingerprint:
            place = (place + 1) & mask
        return place

    def _allocate(self, size: int) -> None:
        self._slots = array("Q", bytes(8 * size))
        self._values = array("H", bytes(2 * size))
        self._mask = size - 1
        self._limit = size * self._MAX_LOAD_PERCENT // 100

    def _grow(self) -> None:
        slots, values = self._slots, self._values
        self._allocate(2 * len(slots))
        for fingerprint, value in zip(slots, values, strict=True):
            if fingerprint:
                place = self._place(fingerprint)
                self._slots[place], self._values[place] = fingerprint, value


def _fingerprint(key: bytes) -> int:
    return int.from_bytes(key[:8], "little") or 1


_RANKS: Final[Sequence[str]] = tuple(NO_WORDS.values())


def _strength(outcome: Outcome) -> int:
    pile, reason = outcome
    if pile is Pile.NEVER:
        return _RANKS.index(reason) if reason in _RANKS else len(_RANKS)
    return len(_RANKS) + (1 if pile is Pile.MAILABLE else 2)

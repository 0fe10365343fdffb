"""A compact set of a file's addresses: 8 bytes each instead of 70 in a Python set."""

from array import array

_EMPTY = 0
_START_BITS = 16
_MAX_LOAD_PERCENT = 66


class FingerprintSet:
    """64-bit fingerprints. The chance that two of n addresses share one is n*n / 2**65: one in 30,000 at 30 million."""

    __slots__ = ("_count", "_limit", "_mask", "_slots")

    def __init__(self) -> None:
        self._count = 0
        self._allocate(1 << _START_BITS)

    def __len__(self) -> int:
        return self._count

    def add(self, key: bytes) -> bool:
        """By the first 8 bytes of its keyed hash; True if new."""
        fingerprint = int.from_bytes(key[:8], "little") or 1
        slots, mask = self._slots, self._mask
        place = fingerprint & mask
        while (slot := slots[place]) != _EMPTY:
            if slot == fingerprint:
                return False
            place = (place + 1) & mask
        slots[place] = fingerprint
        self._count += 1
        if self._count > self._limit:
            self._grow()
        return True

    def _allocate(self, size: int) -> None:
        self._slots = array("Q", bytes(8 * size))
        self._mask = size - 1
        self._limit = size * _MAX_LOAD_PERCENT // 100

    def _grow(self) -> None:
        old = self._slots
        self._allocate(2 * len(old))
        slots, mask = self._slots, self._mask
        for fingerprint in old:
            if fingerprint != _EMPTY:
                place = fingerprint & mask
                while slots[place] != _EMPTY:
                    place = (place + 1) & mask
                slots[place] = fingerprint

"""The lines of a kept file, made of a journal's entries; see `sent_record`."""

from mailflatrate.wire.smtp.types import OutcomeKind

MAY_HAVE_ARRIVED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT})

ChunkKey = tuple[int, int]


class KeptLines:
    """Takes entries in their order. `lines` may be cleared at any time."""

    __slots__ = ("_begun", "_chunk", "lines")

    def __init__(self) -> None:
        self.lines = bytearray()
        self._begun: dict[tuple[ChunkKey, int], None] = {}
        self._chunk: ChunkKey = (0, 0)

    def begun(self, chunk: ChunkKey, delivery_id: int) -> None:
        self._begun[chunk, delivery_id] = None

    def ended(self, chunk: ChunkKey, delivery_id: int, kind: OutcomeKind, at_ms: int) -> None:
        self._begun.pop((chunk, delivery_id), None)
        if kind in MAY_HAVE_ARRIVED:
            self._add(b"A" if kind is OutcomeKind.ACCEPTED else b"U", chunk, delivery_id, at_ms)

    def finish(self, at_ms: int) -> bytes:
        """With those of the messages that have no reply, as of `at_ms`."""
        for chunk, delivery_id in self._begun:
            self._add(b"U", chunk, delivery_id, at_ms)
        self._begun.clear()
        return bytes(self.lines)

    def _add(self, letter: bytes, chunk: ChunkKey, delivery_id: int, at_ms: int) -> None:
        if chunk != self._chunk:
            self._chunk = chunk
            self.lines += b"C %d %d\n" % chunk
        self.lines += b"%b %d %d\n" % (letter, delivery_id, at_ms)

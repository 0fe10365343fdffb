"""Message content as it arrives over the wire: read within limits, as one byte string however its lines are formed."""

import asyncio
from enum import StrEnum
from typing import Any

from aiosmtpd.smtp import SMTP, syntax

LARGEST_MESSAGE_BYTES = 30 * 1024 * 1024
MOST_LINES = 500_000
MOST_BYTES_IN_HAND = 96 * 1024 * 1024
LONGEST_LINE_BYTES = 1001  # RFC 5321 section 4.5.3.1.6: 1000 with CRLF, and the dot that stuffing adds
AT_ONCE_BYTES = 64 * 1024
_END = b"\r\n.\r\n"


class ContentRefusal(StrEnum):
    TOO_LONG = "500 Line too long (see RFC5321 4.5.3.1.6)"
    TOO_LARGE = "552 Error: Too much mail data"
    TOO_MANY_LINES = "552 5.3.4 Too many lines"
    NO_ROOM = "452 4.3.1 Too much mail at once, try again later"


class ContentBudget:
    def __init__(self, most: int = MOST_BYTES_IN_HAND) -> None:
        self._left = most

    def take(self, octets: int) -> bool:
        """Reserve octets; return False and reserve nothing if they don't fit."""
        if octets > self._left:
            return False
        self._left -= octets
        return True

    def give_back(self, octets: int) -> None:
        self._left += octets


class Content:
    """The content of one DATA command. After a refusal, the rest is scanned for its end and dropped."""

    def __init__(self, budget: ContentBudget, largest: int | None = None) -> None:
        self.refused: ContentRefusal | None = None
        self._budget, self._largest = budget, largest or LARGEST_MESSAGE_BYTES
        self._octets = bytearray()
        self._taken = self._open_line = self._lines = 0
        self._held = b"\r\n"  # what may begin the end; the command's own CRLF does (RFC 5321 section 4.1.1.4),
        self._received = -len(self._held)  # but it's no content

    def feed(self, chunk: bytes) -> bytes | None:
        """Take octets from the wire. Return those after the end of the content, or None until it has ended."""
        window = self._held + chunk
        end = window.find(_END)
        if end >= 0:
            rest = window[end + len(_END) :]
            self._add(window[: end + 2])
            return rest
        held = next((size for size in range(len(_END) - 1, 0, -1) if window.endswith(_END[:size])), 0)
        self._held = window[len(window) - held :]
        self._add(window[: len(window) - held])
        return None

    def whole(self) -> bytes:
        whole = bytes(self._octets)
        self._octets = bytearray()
        return whole

    def close(self) -> None:
        self._octets = bytearray()
        self._budget.give_back(self._taken)
        self._taken = 0

    def _add(self, text: bytes) -> None:
        """Append a piece that splits no CRLF and no stuffed dot."""
        if self.refused or not text:
            return
        plain = text.replace(b"\r\n.", b"\r\n")
        if self._received < 0:
            plain = plain[2:]
        self._received += len(text)
        self._lines += plain.count(b"\r\n")
        self.refused = self._refusal(text, len(plain))
        if self.refused:
            self.close()
        else:
            self._octets += plain

    def _refusal(self, text: bytes, size: int) -> ContentRefusal | None:
        if self._received > self._largest:
            return ContentRefusal.TOO_LARGE
        if self._has_long_line(text):
            return ContentRefusal.TOO_LONG
        if self._lines > MOST_LINES:
            return ContentRefusal.TOO_MANY_LINES
        if not self._budget.take(size):
            return ContentRefusal.NO_ROOM
        self._taken += size
        return None

    def _has_long_line(self, text: bytes) -> bool:
        """Find the last CRLF within reach of each line's beginning, so that short lines cost nothing each."""
        start = -self._open_line
        while len(text) - start > LONGEST_LINE_BYTES:
            line_end = text.rfind(b"\r\n", max(start, 0), start + LONGEST_LINE_BYTES)
            if line_end < 0:
                return True
            start = line_end + 2
        last = text.rfind(b"\r\n", max(start, 0))
        self._open_line = len(text) - (last + 2 if last >= 0 else start)
        return False


class BoundedSMTP(SMTP):
    """An SMTP server whose DATA command stores octets, while aiosmtpd's own creates an object for every line."""

    def __init__(self, handler: object, budget: ContentBudget | None = None, **options: Any) -> None:
        super().__init__(handler, **options)
        self._budget = budget or ContentBudget()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = Content(self._budget, self.data_size_limit)
        recipients = len(self.envelope.rcpt_tos)
        try:
            await self._read_into(content)
            status = content.refused or await self._hand_over(content)
        finally:
            self.envelope = self._create_envelope()
            content.close()
        await self.push(self.answer(status, recipients))

    def answer(self, status: str, _recipients: int) -> str:
        return status

    async def _read_into(self, content: Content) -> None:
        rest = None
        while rest is None:
            chunk = await self._reader.read(AT_ONCE_BYTES)
            if not chunk:  # eof_received cancels this coroutine first; content that didn't end is never stored
                raise ConnectionResetError
            rest = content.feed(chunk)
            del chunk
            await asyncio.sleep(0)  # a full buffer lets read() return at once, and other connections wait
        # A stream has no public way to put octets back; aiosmtpd reaches for its buffer as well (STARTTLS).
        self._reader._buffer[:0] = rest  # type: ignore[attr-defined]

    async def _hand_over(self, content: Content) -> str:
        assert self.envelope is not None
        self.envelope.content = self.envelope.original_content = content.whole()
        return str(await self.event_handler.handle_DATA(self, self.session, self.envelope))

"""A recording SMTP sink: it notes each message it takes responsibility for, before it says so, and misbehaves on order.

    python rig/sink.py --port 2526 --record FILE [--mode FILE] [--host 127.0.0.1]

FILE gets one line a message: arrival in milliseconds, the recipient, and the mailing ID of its header (`-` without
one), separated by spaces. The file named by --mode holds one word that may change while it runs: `ok`; `tenth` (450 to
the first attempt for every tenth recipient); `full` (452 to every content); `slow` (each reply 20 ms late); a number
(each reply so many milliseconds late); `silent` (no reply to a content, nor to anything after it).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import time
from pathlib import Path
from typing import cast

import uvloop

NUMBER = re.compile(rb"(\d+)@")
MAILING_ID = re.compile(rb"^X-Mailing-ID: *(\S+)", re.IGNORECASE | re.MULTILINE)
MODE_SECONDS = 0.05
SLOW_SECONDS = 0.02


class Sink:
    """What all connections share: the record and the mode."""

    def __init__(self, record: Path, mode: Path | None) -> None:
        self.file = os.open(record, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
        self.mode_path = mode
        self.mode = "ok"
        self.late_seconds = 0.0
        self.put_off: set[bytes] = set()

    async def follow_mode(self) -> None:
        """Read the mode again and again."""
        while self.mode_path is not None:
            try:
                self.mode = self.mode_path.read_text().strip() or "ok"
            except FileNotFoundError:
                self.mode = "ok"
            self.late_seconds = int(self.mode) / 1000 if self.mode.isdigit() else SLOW_SECONDS * (self.mode == "slow")
            await asyncio.sleep(MODE_SECONDS)

    def note(self, recipient: bytes, content: bytes) -> None:
        """Take responsibility: the line is written before the client hears of it."""
        found = MAILING_ID.search(content)
        line = b"%d %s %s\n" % (time.time_ns() // 1_000_000, recipient, found[1] if found else b"-")
        os.write(self.file, line)


class Dialogue(asyncio.Protocol):
    """One connection; commands and contents come in any grouping (RFC 2920)."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._in_content = False
        self._recipient = b""
        self._is_silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies: list[bytes] = []
        while True:
            if self._in_content:
                content, end, rest = self._buffer.partition(b"\r\n.\r\n")
                if not end:
                    break
                self._buffer, self._in_content = rest, False
                replies.append(self._take(content))
                continue
            line, end, rest = self._buffer.partition(b"\r\n")
            if not end:
                break
            self._buffer = rest
            replies.append(self._command(line))
        if replies and not self._is_silent:
            answer = b"".join(replies)
            if self._sink.late_seconds:
                asyncio.get_running_loop().call_later(self._sink.late_seconds, self._answer_late, answer)
            else:
                self._transport.write(answer)

    def _answer_late(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 10000000\r\n"
        if verb == b"MAIL":
            self._recipient = b""
            return b"250 2.1.0 Ok\r\n"
        if verb == b"RCPT":
            return self._address(line[line.index(b"<") + 1 : line.index(b">")])
        if verb == b"DATA":
            if not self._recipient:
                return b"554 5.5.1 No valid recipients\r\n"
            self._in_content = True
            return b"354 Go ahead\r\n"
        if verb == b"QUIT":
            self._transport.write(b"221 2.0.0 Bye\r\n")
            self._transport.close()
            return b""
        return b"250 2.0.0 Ok\r\n"

    def _address(self, recipient: bytes) -> bytes:
        sink = self._sink
        number = NUMBER.search(recipient)
        if sink.mode == "tenth" and number and int(number[1]) % 10 == 0 and recipient not in sink.put_off:
            sink.put_off.add(recipient)
            return b"450 4.2.0 Try again later\r\n"
        self._recipient = recipient
        return b"250 2.1.5 Ok\r\n"

    def _take(self, content: bytes) -> bytes:
        if self._sink.mode == "full":
            return b"452 4.3.1 Insufficient system storage\r\n"
        self._sink.note(self._recipient, content)
        self._is_silent = self._is_silent or self._sink.mode == "silent"
        return b"250 2.0.0 Ok: queued\r\n"


async def serve(host: str, port: int, record: Path, mode: Path | None) -> None:
    """Run until canceled."""
    sink = Sink(record, mode)
    server = await asyncio.get_running_loop().create_server(lambda: Dialogue(sink), host, port, backlog=1000)
    await asyncio.gather(server.serve_forever(), sink.follow_mode())


def main() -> None:
    """Parse and serve."""
    parser = argparse.ArgumentParser(description="recording SMTP sink")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--mode", type=Path)
    options = parser.parse_args()
    uvloop.run(serve(options.host, options.port, options.record, options.mode))


if __name__ == "__main__":
    main()

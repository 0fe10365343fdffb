"""A scriptable SMTP server on loopback for tests: a real dialogue on a real socket, misbehaving on demand.

    async with FakeRelay() as relay:
        relay.on(Step.RCPT, "dora@people.example", "550 5.1.1 no such user")
        relay.on(Step.DATA_END, 3, DROP)           # the fourth message content it gets (numbers count from 0)
        ... RelayConfig("127.0.0.1", relay.port) ...
        assert [letter.recipient for letter in relay.received] == [...]

An answer is a whole reply text, a function `(detail, number) -> answer or None`, or one of DROP (close at once),
HANG (never answer), HOLD (answer a content only at `release`) and DROP_AFTER (act as usual, answer nothing, close).
Keys are the detail of the step (address, command argument), its running number over all connections, or ANY. `received`
holds each message whose final dot (or BDAT LAST) arrived and that was not answered 4xx or 5xx, even if the reply was
never sent: it is the truth to compare results with. In synchronous tests use `run_in_thread`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """Where the script may step in."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DATA_END = "data_end"
    RSET = "rset"
    QUIT = "quit"


class Trick(Enum):
    """Answers that are none."""

    DROP = "drop"
    DROP_AFTER = "drop_after"
    HANG = "hang"
    HOLD = "hold"


DROP, DROP_AFTER, HANG, HOLD = Trick.DROP, Trick.DROP_AFTER, Trick.HANG, Trick.HOLD
ANY = None
Answer = str | Trick
Script = Answer | Callable[[str, int], Answer | None]

DEFAULT_FEATURES = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 10000000")
_ADDRESS = re.compile(r"<([^>]*)>\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message the relay accepted, dots unstuffed; `parameters` are those of MAIL and RCPT joined."""

    sender: str
    recipient: str
    content: bytes
    parameters: str
    tls: bool


def delayed(seconds: float, answer: Answer | None = None) -> Script:
    """Return a script that answers late, as usual or with `answer`; nothing else in its loop runs meanwhile."""

    def wait(_detail: str, _number: int) -> Answer | None:
        time.sleep(seconds)
        return answer

    return wait


class FakeRelay:
    """The server.

    `commands` keeps every command line, `counts` how often each step came, `per_session` the letters of
    each ended session, `logins` who authenticated, `bursts` how often bytes came in.
    """

    def __init__(
        self,
        features: tuple[str, ...] = DEFAULT_FEATURES,
        *,
        tls_context: ssl.SSLContext | None = None,
        users: dict[str, str] | None = None,
        open_port: int = 0,
    ) -> None:
        self.features = features
        self.tls_context = tls_context
        self.users = users or {}
        self.port = open_port
        self.received: list[ReceivedMessage] = []
        self.commands: list[str] = []
        self.counts: Counter[Step] = Counter()
        self.logins: list[str] = []
        self.bursts = self.open_sessions = self.most_sessions = 0
        self.per_session: list[int] = []
        self._scripts: dict[tuple[Step, str | int | None], Script] = {}
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()

    def on(self, step: Step, key: str | int | None, script: Script) -> None:
        """Step in at `step` for `key`; a number wins over a detail, and both over ANY."""
        self._scripts[(step, key)] = script

    def forget(self) -> None:
        """Behave from now on."""
        self._scripts.clear()

    def release(self) -> None:
        """Answer every content that was held, and what came after it, from any thread."""
        assert self._server is not None
        for session in list(self._sessions):
            self._server.get_loop().call_soon_threadsafe(session.release)

    def decide(self, step: Step, detail: str) -> Answer | None:
        """What the script says here; None means the normal answer."""
        number = self.counts[step]
        self.counts[step] += 1
        for key in (number, detail, ANY):
            script = self._scripts.get((step, key))
            answer = script(detail, number) if callable(script) else script
            if answer is not None:
                return answer
        return None

    async def start(self) -> None:
        """Listen on loopback; `port` tells where."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop every session: from here on connections are refused."""
        if self._server is not None:
            self._server.close()
            self.drop_sessions()
            await self._server.wait_closed()
            self._server = None
        await asyncio.sleep(0)

    def drop_sessions(self) -> None:
        for session in list(self._sessions):
            session.drop()

    async def __aenter__(self) -> FakeRelay:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @contextlib.contextmanager
    def run_in_thread(self) -> Iterator[FakeRelay]:
        """Serve from a thread with its own loop, for tests that are not asynchronous."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()


class _Session(asyncio.Protocol):
    def __init__(self, relay: FakeRelay) -> None:
        self.relay = relay
        self.transport: asyncio.Transport | None = None
        self.buffer = self.bdat = b""
        self.tls = self.silent = self.paused = self.in_data = False
        self.held = self.parameters = ""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.bdat_left: int | None = None
        self.login: list[str] | None = None
        self.taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.relay._sessions.add(self)
        self.relay.open_sessions += 1
        self.relay.most_sessions = max(self.relay.most_sessions, self.relay.open_sessions)
        self.reply(Step.CONNECT, "", "220 fake.example ESMTP")

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.relay._sessions:
            self.relay._sessions.discard(self)
            self.relay.open_sessions -= 1
            self.relay.per_session.append(self.taken)
        self.silent = True

    def drop(self) -> None:
        self.silent = True
        if self.transport is not None:
            self.transport.abort()
        self.connection_lost(None)

    def release(self) -> None:
        if self.paused and self.held:
            self.paused = False
            self.say(self.held)
            self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.relay.bursts += 1
        while self.buffer and not self.silent and not self.paused:
            if self.in_data:
                if not self.read_content():
                    return
            elif self.bdat_left is not None:
                if len(self.buffer) < self.bdat_left:
                    return
                self.bdat, self.buffer = self.buffer[: self.bdat_left], self.buffer[self.bdat_left :]
                self.bdat_left = None
                self.end_of_content(self.bdat)
            else:
                line, mark, rest = self.buffer.partition(b"\r\n")
                if not mark:
                    return
                self.buffer = rest
                self.command(line.decode("utf-8", "replace"))

    def reply(self, step: Step, detail: str, usual: str) -> str | None:
        """Send the scripted or the usual answer; returns its text, None when the session is over or mute."""
        answer = self.relay.decide(step, detail)
        if isinstance(answer, Trick):
            self.play(answer, usual)
            return None
        text = answer or usual
        self.say(text)
        return text

    def play(self, trick: Trick, usual: str) -> None:
        self.silent, self.paused, self.held = trick is HANG, trick is HOLD, usual
        if trick not in (HANG, HOLD):
            self.drop()

    def say(self, text: str) -> None:
        assert self.transport is not None
        self.transport.write(text.replace("\n", "\r\n").encode() + b"\r\n")
        if text.startswith("421"):
            self.silent = True
            self.transport.close()

    def command(self, line: str) -> None:
        self.relay.commands.append(line)
        if self.login is not None:
            self.continue_login(line)
            return
        verb, _, rest = line.partition(" ")
        handler = getattr(self, f"do_{verb.lower()}", None)
        if handler is None:
            self.say("500 5.5.2 unknown command")
        else:
            handler(rest)

    def do_ehlo(self, rest: str) -> None:
        features = list(self.relay.features)
        if self.relay.tls_context is not None and not self.tls:
            features.append("STARTTLS")
        lines = ["fake.example", *features]
        usual = "\n".join(f"250{'-' if i < len(lines) - 1 else ' '}{text}" for i, text in enumerate(lines))
        self.reply(Step.EHLO, rest, usual)

    def do_helo(self, rest: str) -> None:
        self.say("250 fake.example")

    def do_starttls(self, rest: str) -> None:
        text = self.reply(Step.STARTTLS, rest, "220 2.0.0 go ahead")
        if text is not None and text.startswith("220"):
            self.paused = True
            self.buffer = b""
            self._upgrade = asyncio.ensure_future(self.upgrade())

    async def upgrade(self) -> None:
        loop = asyncio.get_running_loop()
        assert self.transport is not None and self.relay.tls_context is not None
        try:
            wrapped = await loop.start_tls(self.transport, self, self.relay.tls_context, server_side=True)
        except OSError:
            self.connection_lost(None)
            return
        assert wrapped is not None
        self.transport, self.tls, self.paused = wrapped, True, False
        self.data_received(b"")

    def do_auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
            self.finish_login(user, password)
        else:
            self.login = []
            self.say("334 VXNlcm5hbWU6")

    def continue_login(self, line: str) -> None:
        assert self.login is not None
        self.login.append(base64.b64decode(line).decode())
        if len(self.login) == 1:
            self.say("334 UGFzc3dvcmQ6")
        else:
            user, password = self.login
            self.login = None
            self.finish_login(user, password)

    def finish_login(self, user: str, password: str) -> None:
        right = self.relay.users.get(user) == password
        text = self.reply(Step.AUTH, user, "235 2.7.0 welcome" if right else "535 5.7.8 wrong credentials")
        if text is not None and text.startswith("235"):
            self.relay.logins.append(user)

    def do_mail(self, rest: str) -> None:
        found = _ADDRESS.search(rest)
        assert found is not None, rest
        usual = "250 2.1.0 sender ok" if self.sender is None else "503 5.5.1 nested MAIL command"
        text = self.reply(Step.MAIL, found[1], usual)
        if text is not None and text.startswith("2"):
            self.sender, self.parameters = found[1], found[2]

    def do_rcpt(self, rest: str) -> None:
        found = _ADDRESS.search(rest)
        assert found is not None, rest
        usual = "503 5.5.1 need MAIL" if self.sender is None else "250 2.1.5 recipient ok"
        text = self.reply(Step.RCPT, found[1], usual)
        if text is not None and text.startswith("2"):
            self.recipients.append(found[1])
            self.parameters += " " + found[2]

    def do_data(self, rest: str) -> None:
        usual = "354 go on" if self.recipients else "503 5.5.1 no valid recipients"
        text = self.reply(Step.DATA, self.recipients[-1] if self.recipients else "", usual)
        self.in_data = text is not None and text.startswith("354")

    def do_bdat(self, rest: str) -> None:
        size, _, last = rest.partition(" ")
        assert last.upper() == "LAST", rest
        self.bdat_left = int(size) or None
        if self.bdat_left is None:
            self.end_of_content(b"")

    def do_rset(self, rest: str) -> None:
        text = self.reply(Step.RSET, rest, "250 2.0.0 ok")
        if text is not None and text.startswith("2"):
            self.clear()

    def do_noop(self, rest: str) -> None:
        self.say("250 2.0.0 ok")

    def do_quit(self, rest: str) -> None:
        if self.reply(Step.QUIT, rest, "221 2.0.0 bye") is not None and self.transport is not None:
            self.silent = True
            self.transport.close()

    def read_content(self) -> bool:
        content, mark, rest = self.buffer.partition(b"\r\n.\r\n")
        if self.buffer.startswith(b".\r\n"):
            content, rest = b"", self.buffer[3:]
        elif not mark:
            return False
        else:
            content += b"\r\n"
        self.buffer, self.in_data = rest, False
        self.end_of_content(re.sub(rb"(?m)^\.", b"", content))
        return True

    def end_of_content(self, content: bytes) -> None:
        recipient = self.recipients[-1] if self.recipients else ""
        usual = "250 2.0.0 queued" if recipient else "503 5.5.1 no valid recipients"
        letter = ReceivedMessage(self.sender or "", recipient, content, self.parameters, self.tls)
        answer = self.relay.decide(Step.DATA_END, recipient)
        self.clear()
        takes = not isinstance(answer, str) or answer.startswith("2")
        if recipient and takes and answer is not DROP:
            self.taken += 1
            self.relay.received.append(letter)
        if isinstance(answer, Trick):
            self.play(answer, usual)
        else:
            self.say(answer or usual)

    def clear(self) -> None:
        self.sender, self.recipients, self.parameters = None, [], ""

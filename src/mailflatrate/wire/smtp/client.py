"""One SMTP connection: about one wait per message. With PIPELINING the end of a message and MAIL, RCPT, DATA of the
next are one write (RFC 2920 3.1), without RSET. DATA is preferred to BDAT (RFC 3030): its content is sent only after
the relay has accepted the recipient, so at most one message per connection can have an unknown result, and a refused
recipient costs no content and no RSET. `RelayConfig.chunking` turns BDAT on for relays that want it.
"""

from __future__ import annotations

from typing import Protocol

from mailflatrate.wire.smtp.channel import SmtpChannel, parse_lines
from mailflatrate.wire.smtp.envelope import LocalRefusal, Transaction, build_transaction
from mailflatrate.wire.smtp.reply import Capabilities, Reply
from mailflatrate.wire.smtp.types import OutcomeKind, OutgoingMessage, RelayConfig, SendOutcome, Stage

# Looked up once: an enum member reached through its class costs a dictionary lookup at each reply.
_MAIL, _RCPT, _DATA, _DATA_END, _RSET = Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DATA_END, Stage.RSET
_TWO, _FOUR, _FIVE = b"245"


class MessageFeed(Protocol):
    """The interface through which a connection gets its messages. No method may raise."""

    def take(self, connection: SmtpConnection) -> OutgoingMessage | None: ...

    def may_start(self, delivery_id: int) -> bool | None:
        """May this content be written now? False: `proceed` asks again. None: the connection ends without it."""

    def data_start(self, delivery_id: int) -> bool:
        """The content is about to be written; False forbids it and ends the connection."""

    def settle(self, message: OutgoingMessage, outcome: SendOutcome) -> None:
        """Take the one final result of a message that was taken."""

    def retired(self, connection: SmtpConnection) -> None:
        """Record that the connection takes no more messages: used up, refused with 421, or lost. Called once."""


class SmtpConnection(SmtpChannel):
    """Open it with `open.open_connection`, then `serve` a feed. `replies_final` counts messages that got their own
    reply; `last_reply` is why the relay ended the connection, `loss` stage and text; `withheld`: we ended it, because
    the sender forbade a content.
    """

    def __init__(self, config: RelayConfig) -> None:
        super().__init__(config)
        self.offers = Capabilities()
        self.messages_taken = 0
        self.replies_final = 0
        self.withheld = False
        self.last_reply: Reply | None = None
        self._feed: MessageFeed | None = None
        self._message_limit = 0
        self._retired = False
        self._retire_at = self._loop.time() + config.connection_lifetime_seconds
        self._open: Transaction | None = None  # its envelope is with the relay, its content is not
        self._under_way: Transaction | None = None  # its content was started, its final reply is awaited
        self._bdat = False
        self._pipelining = False
        self._parked = False  # the relay waits for the content of `_under_way`, which may not start yet

    # -- life ------------------------------------------------------------------------------------------------

    def serve(self, feed: MessageFeed | None, message_limit: int) -> None:
        """At most `message_limit` over the life of the connection; a feed of None stops it."""
        self._feed = feed
        self._message_limit = message_limit
        self._bdat = self.config.chunking and self.offers.chunking
        self._pipelining = self.offers.pipelining
        self.kick()

    def kick(self) -> None:
        if self._open is None and not self._closed and not self._parked:
            if not self._expected or (self._pipelining and not self._bdat and self._under_way is not None):
                self._advance(b"")
            self._arm()

    def close(self) -> None:
        if self._closed or self._transport is None:
            return
        if self._expected or self._waiter is not None or self._parked:
            self._drop("closed by us")
        else:
            self._expected.append((Stage.QUIT, None))
            self._transport.write(b"QUIT\r\n")
            self._arm()
        self._retire()

    @property
    def is_idle(self) -> bool:
        return not self._parked and super().is_idle

    def proceed(self) -> None:
        if self._parked and not self._closed:
            self._start_content()
            self._arm()

    @property
    def has_begun(self) -> bool:
        """Return whether a message's content may be with the relay and its reply is awaited."""
        return self._under_way is not None and self._under_way.started

    def give_back(self, text: str) -> None:
        """Return the message that follows the one whose reply is awaited; it is settled as NOT_SENT."""
        if self._open is not None:
            self._settle(self._open, OutcomeKind.NOT_SENT, _MAIL, 0, None, text)

    def abort(self, text: str) -> None:
        """End the connection at once; messages in progress are settled as NOT_SENT or IN_DOUBT."""
        self._drop(text)

    # -- bytes in --------------------------------------------------------------------------------------------

    def _on_reply(self, lines: list[bytes]) -> None:
        if not self._expected:
            reply = parse_lines(lines)
            self.last_reply = reply
            self._drop(f"unasked reply: {reply.code} {reply.text}")
            return
        stage, transaction = self._expected.popleft()
        if transaction is None:
            self._on_command_reply(stage, parse_lines(lines))
        elif stage is _DATA_END:
            self._on_end(transaction, lines)
        elif stage is _DATA:
            self._on_data(transaction, lines)
        elif lines[0][:3].isdigit() and lines[0][0] == _TWO:
            if transaction.steps:
                self._step(transaction)
            elif transaction.settled:
                transaction.is_addressed = True
        else:
            self._refused(stage, transaction, lines)
            if transaction.steps and not self._closed:
                self._after_refusal(transaction)

    def _on_command_reply(self, stage: Stage, reply: Reply) -> None:
        if reply.code == 421:
            self.last_reply = reply
        if self._waiter is not None:
            self._on_plain_reply(reply)
        elif stage is Stage.QUIT:
            self._drop("closed after QUIT", graceful=True)
        elif reply.code != 250:  # RSET refused: the state of the dialogue is unknown
            self._drop(f"RSET refused: {reply.code} {reply.text}")
        elif not self._expected:
            self._advance(b"")

    def _on_data(self, transaction: Transaction, lines: list[bytes]) -> None:
        if lines[0][:3] != b"354":
            self._refused(_DATA, transaction, lines)
            if not self._closed:
                self._after_refusal(transaction)
            return
        if transaction.settled and transaction.is_addressed:
            self._withhold()
            return
        if transaction.settled:
            # The recipient was refused, yet the relay waits for content: a lone dot ends it (RFC 2920 3.1).
            self._open = None
            self._expected.append((_DATA_END, transaction))
            self._advance(b".\r\n")
            return
        following = self._take() if self._pipelining else None
        if self._closed:  # the feed ended the run while it made the next message
            self._give_back(following)
            return
        self._open = following
        self._under_way = transaction
        self._start_content()

    def _start_content(self) -> None:
        transaction = self._under_way
        assert transaction is not None and self._feed is not None
        leave = self._feed.may_start(transaction.message.delivery_id)
        self._parked = leave is False
        if leave is None:
            self._withhold()
        elif leave:
            self._expected.append((_DATA_END, transaction))
            if self._begin_content(transaction):
                self._write_group(transaction.content, self._open)

    def _begin_content(self, transaction: Transaction) -> bool:
        """Write the journal, then mark. False: the owner forbade it and the connection is gone."""
        assert self._feed is not None
        if not self._feed.data_start(transaction.message.delivery_id):
            self._withhold()
            return False
        transaction.started = True
        return True

    def _withhold(self) -> None:
        """End the connection, because after 354 the content can't be taken back; the relay has no part in it."""
        self.withheld = True
        self._drop("the content was withheld by the sender")

    def _on_end(self, transaction: Transaction, lines: list[bytes]) -> None:
        accepted = lines[0][0] == _TWO and not transaction.settled
        if accepted:
            reply = parse_lines(lines)
            self._settle(transaction, OutcomeKind.ACCEPTED, _DATA_END, reply.code, reply.enhanced, reply.text)
        else:
            self._refused(_DATA_END, transaction, lines)
        if self._under_way is transaction:
            self._under_way = None
        if not self._expected and not self._closed:
            # After a refused BDAT the relay's state is indeterminate until RSET (RFC 3030 2); after DATA it
            # is not.
            if self._bdat and not accepted:
                self._reset_and_advance()
            else:
                self._advance(b"")

    # -- refusals --------------------------------------------------------------------------------------------

    def _refused(self, stage: Stage, transaction: Transaction, lines: list[bytes]) -> None:
        reply = parse_lines(lines)
        family = lines[0][0]
        if not transaction.settled:
            if family == _FIVE:
                kind = OutcomeKind.REJECTED
            elif family == _FOUR and not (reply.code == 421 and stage is _MAIL and not transaction.started):
                kind = OutcomeKind.DEFERRED
            else:  # 421 to MAIL is about the connection, not the message; 2xx or 3xx here violates SMTP
                kind = OutcomeKind.IN_DOUBT if transaction.started and family != _FOUR else OutcomeKind.NOT_SENT
            self._settle(transaction, kind, stage, reply.code, reply.enhanced, reply.text)
        if reply.code == 421:  # RFC 5321 3.8: the relay closes the channel
            self.last_reply = reply
            self._drop(f"421 {reply.text}")
        elif family not in {_FOUR, _FIVE} and not (transaction.settled and family == _TWO):
            self._drop(f"unexpected reply at {stage.value}: {reply.code} {reply.text}")

    def _after_refusal(self, transaction: Transaction) -> None:
        if self._open is transaction:
            self._open = None
        transaction.steps = []
        self._reset_and_advance()

    def _reset_and_advance(self) -> None:
        self._expected.append((_RSET, None))
        self._advance(b"RSET\r\n")

    # -- bytes out -------------------------------------------------------------------------------------------

    def _take(self) -> Transaction | None:
        feed = self._feed
        while feed is not None and not self._retired:
            if self._is_used_up():
                return None
            message = feed.take(self)
            if message is None:
                return None
            try:
                transaction = build_transaction(message, self.config, self.offers, use_bdat=self._bdat)
            except LocalRefusal as refusal:
                self._report(message, OutcomeKind.REJECTED, Stage.LOCAL, 0, refusal.enhanced, refusal.text)
                continue
            self.messages_taken += 1
            return transaction
        return None

    def _is_used_up(self) -> bool:
        return self.messages_taken >= self._message_limit or self._loop.time() >= self._retire_at

    def _advance(self, head: bytes) -> None:
        assert self._transport is not None
        if head and not self._pipelining:
            self._transport.write(head)  # its reply calls here again
            return
        following = self._take()
        if self._closed:
            self._give_back(following)
            return
        self._open = following
        self._write_group(head, following)
        if following is None and not self._expected and self._is_used_up():
            self.close()

    def _give_back(self, following: Transaction | None) -> None:
        """Settle a message taken while its connection was ended from outside as not sent."""
        if following is not None:
            self._settle(following, OutcomeKind.NOT_SENT, Stage.IDLE, 0, None, "the connection was closed")

    def _write_group(self, head: bytes, following: Transaction | None) -> None:
        assert self._transport is not None
        if following is None:
            if head:
                self._transport.write(head)
        elif not self._pipelining:
            following.steps = following.group.split(b"\r\n", 2)
            self._step(following)
        else:
            expected = self._expected
            expected.append((_MAIL, following))
            expected.append((_RCPT, following))
            if self._bdat:
                expected.append((_DATA_END, following))
                self._open, self._under_way = None, following
                if not self._begin_content(following):
                    return
            else:
                expected.append((_DATA, following))
            self._transport.writelines((head, following.group))  # one write, and no copy of the message

    def _step(self, transaction: Transaction) -> None:
        assert self._transport is not None
        stage = (_DATA, _RCPT, _MAIL)[len(transaction.steps) - 1]
        line = transaction.steps.pop(0)
        if stage is not _DATA:
            line += b"\r\n"
        elif self._bdat:
            stage = _DATA_END
            self._open, self._under_way = None, transaction
            if not self._begin_content(transaction):
                return
        self._expected.append((stage, transaction))
        self._transport.write(line)

    # -- ends ------------------------------------------------------------------------------------------------

    def _settle(
        self,
        transaction: Transaction,
        kind: OutcomeKind,
        stage: Stage,
        code: int,
        enhanced: str | None,
        text: str,
    ) -> None:
        if not transaction.settled:
            transaction.settled = True
            if code:
                self.replies_final += 1
            self._report(transaction.message, kind, stage, code, enhanced, text)

    def _report(
        self,
        message: OutgoingMessage,
        kind: OutcomeKind,
        stage: Stage,
        code: int,
        enhanced: str | None,
        text: str,
    ) -> None:
        assert self._feed is not None
        outcome = SendOutcome(message.delivery_id, kind, stage, code, enhanced, text, self.tls, self.remote_host)
        self._feed.settle(message, outcome)

    def _on_drop(self, stage: Stage, text: str) -> None:
        """Settle the message: IN_DOUBT if its content was started, else NOT_SENT, at stage LOCAL if we withheld it."""
        for transaction in (self._under_way, self._open):
            if transaction is not None:
                kind = OutcomeKind.IN_DOUBT if transaction.started else OutcomeKind.NOT_SENT
                own = next((stage for stage, owner in self._expected if owner is transaction), stage)
                own = Stage.LOCAL if self.withheld and not transaction.started else own
                self._settle(transaction, kind, own, 0, None, text)
        self._retire()

    def _retire(self) -> None:
        if not self._retired:
            self._retired = True
            if self._feed is not None:
                self._feed.retired(self)

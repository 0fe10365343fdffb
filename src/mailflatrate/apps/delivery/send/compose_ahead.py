"""Messages composed and signed a few at a time, shortly before a connection asks for them. A batch does not wait to be
full. A message not asked for in time, or whose recipient changed, is judged and composed anew.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from mailflatrate.apps.delivery.send.chunk_composer import DraftedMessage
from mailflatrate.apps.delivery.transmit import PermittedMessage
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.mail.message.compose import sign_drafts
from mailflatrate.mail.signing.rsa_key import DigestSigner


class RowJudge(Protocol):
    def draft(self, row: RecipientRow) -> DraftedMessage | None: ...

    def is_overtaken(self, row: RecipientRow) -> bool:
        """True if it has to be judged again since its message was composed."""


class SignedAhead:
    """A message is returned at most `keep_seconds` after its permit. The judge is passed with each call, so that a
    finished chunk's thousand rows are freed at once.
    """

    def __init__(
        self, rows: deque[RecipientRow], signer: DigestSigner, now: Callable[[], float], *, keep_seconds: float
    ) -> None:
        self._rows = rows
        self._signer = signer
        self._now = now
        self._keep_seconds = keep_seconds
        self._ready: deque[tuple[RecipientRow, PermittedMessage]] = deque()
        self._good_until = 0.0
        self.compose_seconds = self.sign_seconds = 0.0

    @property
    def is_empty(self) -> bool:
        """True if the next `take` has to compose and sign first."""
        return not self._ready

    def take(self, judge: RowJudge) -> PermittedMessage | None:
        if self._ready and self._now() >= self._good_until:
            self.give_back()
        while True:
            if not self._ready:
                self.fill(judge)
                if not self._ready:
                    return None
            row, permitted = self._ready.popleft()
            if not judge.is_overtaken(row):
                return permitted
            self._rows.appendleft(row)

    def fill(self, judge: RowJudge) -> None:
        if self._ready:
            return
        rows, draft, width = self._rows, judge.draft, self._signer.width
        taken: list[RecipientRow] = []
        drafts: list[DraftedMessage] = []
        began = self._now()
        self._good_until = began + self._keep_seconds
        try:
            while rows and len(drafts) < width:
                row = rows.popleft()
                drafted = draft(row)
                if drafted is not None:
                    taken.append(row)
                    drafts.append(drafted)
            composed = self._now()
            messages = sign_drafts([pending.draft for pending in drafts], self._signer)
            self.compose_seconds += composed - began
            self.sign_seconds += self._now() - composed
        except BaseException:
            rows.extendleft(reversed(taken))
            raise
        for row, (permit, _), message in zip(taken, drafts, messages, strict=True):
            self._ready.append((row, PermittedMessage(permit, message)))

    def give_back(self) -> None:
        self._rows.extendleft(row for row, _ in reversed(self._ready))
        self._ready.clear()

"""Messages composed and signed a few at a time, shortly before a connection asks for them.

As many as the signer takes at once, and only those: nothing waits for a batch to fill up. A message that isn't asked
for in time, or about whose recipient something changed, goes back to the rows and is judged and composed anew.
"""

from collections import deque
from collections.abc import Callable

from mailflatrate.apps.delivery.send.writers import Drafted
from mailflatrate.apps.delivery.transmit import Permitted
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.mail.compose import sign_drafts
from mailflatrate.mail.rsa_key import DigestSigner


class SignedAhead:
    """The rows of a chunk in their order, the first of them as signed messages.

    `write` drafts the message of a row, or deals with the row otherwise and returns None. `is_overtaken` says that a
    row has to be judged again. A message is handed out at most `keep_seconds` after its permit was granted.
    """

    def __init__(
        self, rows: deque[RecipientRow], write: Callable[[RecipientRow], Drafted | None],
        is_overtaken: Callable[[RecipientRow], bool], signer: DigestSigner, now: Callable[[], float], *,
        keep_seconds: float,
    ) -> None:  # fmt: skip
        self._rows = rows
        self._write = write
        self._is_overtaken = is_overtaken
        self._signer = signer
        self._now = now
        self._keep_seconds = keep_seconds
        self._ready: deque[tuple[RecipientRow, Permitted]] = deque()
        self._good_until = 0.0

    @property
    def is_empty(self) -> bool:
        """True when the next `take` has to compose and sign first."""
        return not self._ready

    @property
    def has_more(self) -> bool:
        """True while a row waits, be it signed already or not."""
        return bool(self._ready or self._rows)

    def take(self) -> Permitted | None:
        """Return the next message, or None after the last row."""
        if self._ready and self._now() >= self._good_until:
            self.give_back()
        while True:
            if not self._ready:
                self.fill()
                if not self._ready:
                    return None
            row, permitted = self._ready.popleft()
            if not self._is_overtaken(row):
                return permitted
            self._rows.appendleft(row)

    def fill(self) -> None:
        """Compose and sign the next batch if none is ready."""
        if self._ready:
            return
        rows, write, width = self._rows, self._write, self._signer.width
        taken: list[RecipientRow] = []
        drafts: list[Drafted] = []
        self._good_until = self._now() + self._keep_seconds
        try:
            while rows and len(drafts) < width:
                row = rows.popleft()
                drafted = write(row)
                if drafted is not None:
                    taken.append(row)
                    drafts.append(drafted)
            letters = sign_drafts([draft for _, draft in drafts], self._signer)
        except BaseException:
            rows.extendleft(reversed(taken))
            raise
        for row, (permit, _), letter in zip(taken, drafts, letters, strict=True):
            self._ready.append((row, Permitted(permit, letter)))

    def give_back(self) -> None:
        """Forget what is signed and not begun; its rows are the first again."""
        self._rows.extendleft(row for row, _ in reversed(self._ready))
        self._ready.clear()

"""What the rules are told about one finished message: of ours before it leaves, or of any system in the world.

`MessageFacts` has the same members as the facts of a campaign where a rule asks about both, so that one file judges
both (`HasContent`, `HasFrom`, `HasSender`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailflatrate.mail.dkim_verify import DkimStatus, DkimVerdict
from mailflatrate.mail.message import Message
from mailflatrate.mail.unsubscribe import ListUnsubscribe
from mailflatrate.rules.facts import ContentFacts, FromFacts, SenderFacts
from mailflatrate.rules.imprint import Imprint


class MessageKind(Enum):
    """What a message is by its own word. BULK goes to a list; AUTOMATIC answers what its reader did (RFC 3834)."""

    BULK = "bulk"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature and the length of its key in bits, 0 where the key was not seen."""

    verdict: DkimVerdict
    key_bits: int = 0

    @property
    def holds(self) -> bool:
        """True where it is valid, or where only the key could not be asked for and the rest is in order."""
        return self.verdict.status in (DkimStatus.PASS, DkimStatus.KEY_UNREACHABLE)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message. `sender` has DNS states UNCHECKED where nobody asked; `signatures` in the message's order."""

    message: Message
    kind: MessageKind
    from_line: FromFacts
    content: ContentFacts
    sender: SenderFacts
    signatures: tuple[Signature, ...]
    unsubscribe: ListUnsubscribe
    imprint: Imprint | None = None

    @property
    def is_bulk(self) -> bool:
        return self.kind is MessageKind.BULK

    @property
    def holding(self) -> tuple[DkimVerdict, ...]:
        """The signatures that hold."""
        return tuple(signature.verdict for signature in self.signatures if signature.holds)

    @property
    def signed(self) -> frozenset[str]:
        """The names of the fields that a signature which holds covers."""
        return frozenset(name for verdict in self.holding for name in verdict.signed_fields)

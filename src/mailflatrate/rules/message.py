"""What the rules are told about one finished message: ours before it is sent, or any other system's.

`MessageFacts` has the same members as the facts of a campaign where a rule asks about both, so that one file judges
both (`HasContent`, `HasFrom`, `HasSender`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mailflatrate.mail.dkim_verify import DkimStatus, DkimVerdict
from mailflatrate.mail.message import ParsedMessage
from mailflatrate.mail.unsubscribe import ListUnsubscribe
from mailflatrate.rules.facts import ContentFacts, FromFacts, SenderFacts
from mailflatrate.rules.imprint import ImprintRecord
from mailflatrate.rules.transit import Transit


class MessageKind(Enum):
    """What a message is. BULK goes to a list, TRANSACTIONAL answers what its reader did, PERSONAL is from a person."""

    BULK = "bulk"
    TRANSACTIONAL = "transactional"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature and the length of its key in bits, 0 where the key was not seen.

    `is_vouched` where the receiver saw it hold; `is_transit_broken` where a list or a relay broke it.
    """

    verdict: DkimVerdict
    key_bits: int = 0
    is_vouched: bool = False
    is_transit_broken: bool = False

    @property
    def holds(self) -> bool:
        """True where it is valid, or where only the key could not be asked for and the rest is in order."""
        return self.is_vouched or self.verdict.status in (DkimStatus.PASS, DkimStatus.KEY_UNREACHABLE)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message. `sender` has DNS states UNCHECKED where nobody asked; `signatures` in the message's order.

    `transit.own` is the message with the sender's fields only; `kind_reasons` name what the kind was read from.
    """

    message: ParsedMessage
    transit: Transit
    kind: MessageKind
    kind_reasons: tuple[str, ...]
    from_line: FromFacts
    content: ContentFacts
    sender: SenderFacts
    signatures: tuple[Signature, ...]
    unsubscribe: ListUnsubscribe
    imprint: ImprintRecord | None = None

    @property
    def own(self) -> ParsedMessage:
        """The message as far as its sender wrote it: without the fields of relays, lists and the receiver."""
        return self.transit.own

    @property
    def holding(self) -> tuple[DkimVerdict, ...]:
        """The signatures that hold."""
        return tuple(signature.verdict for signature in self.signatures if signature.holds)

    @property
    def sender_signatures(self) -> tuple[DkimVerdict, ...]:
        """The signatures that hold, or did until a list or a relay broke them."""
        return tuple(one.verdict for one in self.signatures if one.holds or one.is_transit_broken)

    @property
    def signed(self) -> frozenset[str]:
        """The names of the fields that a signature which holds covers."""
        return frozenset(name for verdict in self.holding for name in verdict.signed_fields)

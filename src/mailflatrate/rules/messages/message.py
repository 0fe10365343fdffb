"""The facts about one finished message: ours before it is sent, or any other system's.

`MessageFacts` has the same members as the facts of a campaign where a rule applies to both, so that one file judges
both (`HasContent`, `HasFrom`, `HasSender`).
"""

from dataclasses import dataclass
from enum import Enum

from mailflatrate.mail.message.unsubscribe import ListUnsubscribe
from mailflatrate.mail.reading.message import ParsedMessage
from mailflatrate.mail.signing.dkim_verify import DkimStatus, DkimVerdict
from mailflatrate.rules.facts import ContentFacts, FromFacts, SenderFacts
from mailflatrate.rules.imprint import ImprintRecord
from mailflatrate.rules.messages.transit import Transit


class MessageKind(Enum):
    """The type of message.

    BULK goes to a list, TRANSACTIONAL responds to the reader, PERSONAL is from one person to another.
    """

    BULK = "bulk"
    TRANSACTIONAL = "transactional"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM signature and the length of its key in bits, 0 if the key is unknown.

    `is_vouched`: the receiver found it valid. `is_transit_broken`: a list or a relay broke it.
    """

    verdict: DkimVerdict
    key_bits: int = 0
    is_vouched: bool = False
    is_transit_broken: bool = False

    @property
    def holds(self) -> bool:
        """Return True if it is valid, or if only the key lookup failed and everything else is valid."""
        return self.is_vouched or self.verdict.status in (DkimStatus.PASS, DkimStatus.KEY_UNREACHABLE)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message. `sender` has DNS states UNCHECKED if there was no lookup; `signatures` are in the message's order.

    `transit.own` is the message with only the sender's fields; `kind_reasons` name the evidence for the kind.
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
        """Return the message as its sender wrote it: without the fields of relays, lists and the receiver."""
        return self.transit.own

    @property
    def holding(self) -> tuple[DkimVerdict, ...]:
        return tuple(signature.verdict for signature in self.signatures if signature.holds)

    @property
    def sender_signatures(self) -> tuple[DkimVerdict, ...]:
        """Return the signatures that are valid, or were until a list or a relay broke them."""
        return tuple(one.verdict for one in self.signatures if one.holds or one.is_transit_broken)

    @property
    def signed(self) -> frozenset[str]:
        return frozenset(name for verdict in self.holding for name in verdict.signed_fields)

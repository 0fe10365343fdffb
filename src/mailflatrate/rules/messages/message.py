"""The facts about one finished message, ours or any other system's, with the members of a campaign's facts where a rule
applies to both.
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
    """BULK goes to a list, TRANSACTIONAL responds to the reader, PERSONAL is from one person to another."""

    BULK = "bulk"
    TRANSACTIONAL = "transactional"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Signature:
    """`key_bits` is 0 if unknown. `is_vouched`: the receiver found it valid. `is_transit_broken`: a relay broke it."""

    verdict: DkimVerdict
    key_bits: int = 0
    is_vouched: bool = False
    is_transit_broken: bool = False

    @property
    def holds(self) -> bool:
        return self.is_vouched or self.verdict.status in (DkimStatus.PASS, DkimStatus.KEY_UNREACHABLE)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """`sender` has DNS states UNCHECKED without a lookup. `transit.own` has only the sender's fields."""

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
        return self.transit.own

    @property
    def holding(self) -> tuple[DkimVerdict, ...]:
        return tuple(signature.verdict for signature in self.signatures if signature.holds)

    @property
    def sender_signatures(self) -> tuple[DkimVerdict, ...]:
        return tuple(
            signature.verdict for signature in self.signatures if signature.holds or signature.is_transit_broken
        )

    @property
    def signed(self) -> frozenset[str]:
        return frozenset(name for verdict in self.holding for name in verdict.signed_fields)

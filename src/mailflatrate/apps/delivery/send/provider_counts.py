"""A chunk's results by provider, for its log line and to notice deferrals in waves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.send.outcomes import SettledDelivery
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.sending.providers import provider_of

WAVE_LEAST = 20
WAVE_SHARE = 0.2
"""A provider that defers so much, and at least WAVE_LEAST messages, slows us down or has a problem."""
_ATTEMPTED = (DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.BOUNCED, DeliveryState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class DeferralCount:
    provider: str
    deferred: int
    attempted: int
    reply: str


class ChunkCounts:
    def __init__(self, rows: Iterable[RecipientRow]) -> None:
        by_domain: dict[str, str] = {}
        self._providers: dict[int, str] = {}
        for row in rows:
            domain = domain_of(row.email or "")
            provider = by_domain.get(domain)
            if provider is None:
                provider = by_domain[domain] = provider_of(domain)
            self._providers[row.delivery_id] = provider
        self._counts: Counter[tuple[str, str]] = Counter()
        self._replies: dict[str, str] = {}

    def add(self, batch: Sequence[SettledDelivery]) -> Counter[tuple[str, str]]:
        providers = self._providers
        counts = Counter([(providers[row.delivery_id], row.state) for row in batch])
        self._counts += counts
        for row in batch:
            if row.due_at is not None:
                self._replies[providers[row.delivery_id]] = f"{row.code or ''} {row.status} {row.text}".strip()
        return counts

    def by_state(self) -> dict[str, int]:
        totals: Counter[str] = Counter()
        for (_, state), count in self._counts.items():
            totals[state] += count
        return dict(totals)

    def by_provider(self) -> dict[tuple[str, str], int]:
        return dict(self._counts)

    def waves(self) -> list[DeferralCount]:
        counts = []
        for provider, reply in self._replies.items():
            deferred = self._counts[provider, DeliveryState.DEFERRED]
            attempted = sum(self._counts[provider, state] for state in _ATTEMPTED)
            if deferred >= WAVE_LEAST and deferred >= WAVE_SHARE * attempted:
                counts.append(DeferralCount(provider, deferred, attempted, reply[:200]))
        return counts

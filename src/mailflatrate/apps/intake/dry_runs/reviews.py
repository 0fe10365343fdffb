"""What would hold an import, found before it starts, by the figures of the final check (R-15, R-13, R-18, R-24)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any, Final

from mailflatrate.apps.intake.dry_runs.piles import NO_WORDS, SUPPRESSED, PersonPiles, Pile, never_word
from mailflatrate.apps.intake.judging.weighed import Weighed
from mailflatrate.apps.intake.people_figures import PeopleFigures, WholeProof, figures_of, unmailable
from mailflatrate.apps.intake.quarantine import AGEING
from mailflatrate.rules.addresses import AddressReason, ResolverFacts, suggest_domain
from mailflatrate.rules.origins.figures import ImportFigures, judge_figures

_KNOWN: Final = "known"
_NO: Final = frozenset((*NO_WORDS.values(), SUPPRESSED))


class KnownAs(Enum):
    """SUPPRESSED: with +tags. LEFT: this list. LISTED: nothing to add. OPEN: without proof, which a file may add."""

    SUPPRESSED = "suppressed"
    LEFT = "left"
    LISTED = "listed"
    OPEN = "open"


KnownOf = Callable[[Sequence[tuple[bytes, int]]], Mapping[bytes, KnownAs]]
FactsOf = Callable[[Sequence[str]], Mapping[str, ResolverFacts]]


@dataclass(frozen=True, slots=True)
class MoveReview:
    """Why our team would review the import of a file: a figure over its limit, or consents older than a year."""

    file: str
    kind: str  # an AnomalyKind, or `ageing`
    count: int
    percent: float
    limit_percent: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class FileFigures:
    """Settled after the last row."""

    def __init__(self, name: str, piles: PersonPiles, listed: PersonPiles, now_seconds: int) -> None:
        """`piles`: the whole run's. `listed`: on the list by now (ASK: open)."""
        self._name, self._piles, self._listed = name, piles, listed
        self._people = PeopleFigures(now_seconds)
        self._rows = 0
        self._reasons: Counter[str] = Counter()

    def refused(self, reason: str) -> None:
        self._rows += 1
        self._reasons[reason] += 1

    def weighed(self, key: bytes, mailbox: bytes | None, weighed: Weighed, reason: str) -> None:
        self._rows += 1
        second = 0 if weighed.confirmed_at is None else int(weighed.confirmed_at.at.timestamp() // 1)
        row = WholeProof(
            key,
            mailbox,
            reason,
            weighed.decision.address,
            weighed.signup_ip or "",
            second,
            weighed.source,
            weighed.needs_review,
        )
        self._people.add(row)

    def settle(self, known_of: KnownOf | None, facts_of: FactsOf | None) -> list[MoveReview]:
        """People who turn out not to be mailable move to another pile."""
        with self._people as people:
            if known_of is not None:
                for keys in people.key_batches():
                    self._learn(known_of(keys))
            for fate, rows in people.settle(self._fate).items():
                self._reasons[fate] += rows
            counts = people.counted()
            figures = figures_of(self._rows, self._reasons, counts)
            if facts_of is not None:
                figures = self._with_domains(people, figures, dict(counts.domains), facts_of)
            anomalies = judge_figures(figures)
            reviews = [
                MoveReview(self._name, anomaly.kind.value, anomaly.count, anomaly.percent, anomaly.limit_percent)
                for anomaly in anomalies
            ]
            if counts.ageing:
                share = 100 * counts.ageing / counts.people
                reviews.append(MoveReview(self._name, AGEING, counts.ageing, share, 0.0))
            if reviews:
                mistyped = [name for name in people.all_domains() if suggest_domain(name) is not None]
                for key in people.keys_at(mistyped):
                    self._piles.replace(key, (Pile.ASK, AddressReason.TYPO.value))
            return reviews

    def _learn(self, people: Mapping[bytes, KnownAs]) -> None:
        for key, known_as in people.items():
            if known_as in (KnownAs.SUPPRESSED, KnownAs.LEFT):
                self._piles.refuse(key, with_tagged=known_as is KnownAs.SUPPRESSED)
            else:
                self._listed.add_person(key, (Pile.MAILABLE if known_as is KnownAs.LISTED else Pile.ASK, ""))

    def _fate(self, key: bytes, mailbox: bytes | None, reason: str) -> str:
        """Why an import refuses or holds a row; empty if accepted."""
        for address_key in (key, mailbox):
            fate = self._piles.outcome(address_key) if address_key is not None else None
            if fate is not None and fate[0] is Pile.NEVER and fate[1] in _NO:
                return SUPPRESSED
        listed = self._listed.outcome(key)
        if listed is not None and (reason or listed[0] is Pile.MAILABLE):
            return _KNOWN
        self._listed.add_person(key, (Pile.ASK if reason else Pile.MAILABLE, ""))
        return reason

    def _with_domains(
        self, people: PeopleFigures, figures: ImportFigures, domains: Mapping[str, int], facts_of: FactsOf
    ) -> ImportFigures:
        """People at domains that accept no mail are never mailed (R-18)."""
        facts = facts_of(list(domains))
        dead = unmailable(facts)
        for domain, reason in dead.items():
            for key in people.keys_at([domain]):
                self._piles.replace(key, (Pile.NEVER, never_word(reason)))
        return replace(
            figures,
            resolved=sum(count for domain, count in domains.items() if domain in facts),
            unresolvable=sum(count for domain, count in domains.items() if domain in dead),
        )

"""Some rows of each outcome to show the customer. Addresses are masked before they are kept."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Final, NamedTuple

from mailflatrate.apps.intake.dry_runs.piles import DUPLICATE, Outcome, PersonPiles, Pile
from mailflatrate.apps.intake.judging.weighed import Weighed
from mailflatrate.mail.address import masked_address
from mailflatrate.rules.contacts.timestamps import Moment

SAMPLE_ROWS: Final = 500
_CANDIDATES: Final = 2 * SAMPLE_ROWS
_TEXT_CHARACTERS: Final = 80
_DUPLICATE: Final = (Pile.NEVER, DUPLICATE)


class RowSample(NamedTuple):
    file: str
    line: int
    email: str
    signed_up: str = ""
    confirmed: str = ""
    source: str = ""


def sample_of(file: str, line: int, email: str, weighed: Weighed | None = None) -> RowSample:
    text = email.strip().replace("\0", "\u2400")  # PostgreSQL's jsonb holds no NUL
    # Anything else may be in this column, so only its first sign is shown.
    masked = masked_address(text) or (f"{text[:1]}***" if text else "")
    if weighed is None:
        return RowSample(file, line, masked[:_TEXT_CHARACTERS])
    return RowSample(
        file,
        line,
        masked[:_TEXT_CHARACTERS],
        _time_text(weighed.signup_at),
        _time_text(weighed.confirmed_at),
        weighed.source[:_TEXT_CHARACTERS],
    )


def _time_text(moment: Moment | None) -> str:
    return f"{moment.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment is not None else ""


class PileSamples:
    """Drops those whose person turns out to have another outcome."""

    def __init__(self) -> None:
        self._kept: dict[Outcome, list[tuple[bytes, RowSample]]] = {}

    def wants(self, outcome: Outcome) -> bool:
        return len(self._kept.get(outcome, ())) < _CANDIDATES

    def add(self, outcome: Outcome, key: bytes, sample: RowSample) -> None:
        self._kept.setdefault(outcome, []).append((key, sample))

    def settled(self, piles: PersonPiles) -> dict[Outcome, list[RowSample]]:
        """Up to SAMPLE_ROWS of each, once outcomes are final."""
        samples: dict[Outcome, list[RowSample]] = {}
        for outcome, rows in self._kept.items():
            final = [
                sample for key, sample in rows if not key or outcome == _DUPLICATE or piles.outcome(key) == outcome
            ]
            samples[outcome] = final[:SAMPLE_ROWS]
        return samples


def missing_samples(
    counts: Mapping[Outcome, int], samples: Mapping[Outcome, Iterable[RowSample]]
) -> dict[Outcome, int]:
    """Because their people got a stronger outcome."""
    targets = {outcome: min(count, SAMPLE_ROWS) for outcome, count in counts.items() if outcome != _DUPLICATE}
    lacking = {outcome: count - len(list(samples.get(outcome, ()))) for outcome, count in targets.items()}
    return {outcome: count for outcome, count in lacking.items() if count > 0}

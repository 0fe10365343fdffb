"""The results of a batch: those of single items, and how many items had each outcome."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar

from ninja import Schema

from mailflatrate.entrypoints.presenters.sentences import error_sentence


class ItemResult(Protocol):
    """What an action says about one item. `problem`: why it was refused, or empty."""

    @property
    def outcome(self) -> StrEnum:
        """Return what became of it."""

    @property
    def contact_id(self) -> int | None:
        """Return the contact that it is about."""

    @property
    def problem(self) -> str:
        """Return why it was refused."""


Shown = TypeVar("Shown", bound=Schema)


def outcome_counts(results: Sequence[ItemResult], outcomes: type[StrEnum]) -> dict[str, int]:
    """Return the number of items by outcome, also of those that no item had."""
    return {outcome.value: sum(result.outcome is outcome for result in results) for outcome in outcomes}


def item_results(results: Iterable[tuple[int, ItemResult]], schema: type[Shown]) -> list[Shown]:
    return [
        schema.model_validate(
            {
                "index": index,
                "outcome": row.outcome,
                "contact_id": row.contact_id,
                "detail": error_sentence(row.problem) if row.problem else "",
            }
        )
        for index, row in results
    ]

"""Errors in a customer's Liquid: at authoring time, and while rendering for one recipient."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

NOWHERE = 0
"""The line number of a mistake that shows only when a message is rendered."""


@dataclass(frozen=True, slots=True)
class SourceError:
    """`line` counts from 1; `author_mistakes` translates `code` and `facts`. `part` is "" for the body."""

    line: int
    message: str
    code: str = field(default="", compare=False)
    facts: tuple[str, ...] = field(default=(), compare=False)
    part: str = field(default="", compare=False)


class Lines:
    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def at(self, index: int) -> int:
        return bisect_left(self._ends, max(index, 0)) + 1


class SourceRefused(Exception):
    """Raised when the source cannot be compiled; `errors` name every line that must change."""

    def __init__(self, errors: tuple[SourceError, ...]) -> None:
        super().__init__("; ".join(f"line {error.line}: {error.message}" for error in errors))
        self.errors = errors

    def __reduce__(self) -> tuple[type[SourceRefused], tuple[tuple[SourceError, ...]]]:
        return SourceRefused, (self.errors,)


class ReportedMistake(Exception):
    """An error that is shown to a customer: `error` describes it in any language (`author_mistakes`)."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(error.message)
        self.error = error


class RenderRefused(ReportedMistake):
    """Raised when this recipient's text cannot be rendered: a limit was reached, or a filter refused the value."""


class ForeignHost(RenderRefused):
    """Raised when a recipient's `variable` leads to a host that is neither in the content nor the account's own."""

    def __init__(self, variable: str, host: str) -> None:
        words = f"{variable} leads to {host}, which isn't one of your verified domains"
        super().__init__(SourceError(NOWHERE, words, "leads-elsewhere", (variable, host)))
        self.variable = variable


class MissingValue(RenderRefused):
    """Raised when a recipient has no value for `variable`, and the author gave no default (R-52)."""

    def __init__(self, variable: str) -> None:
        words = f"{variable} has no value and no default"
        super().__init__(SourceError(NOWHERE, words, "missing-value", (variable,)))
        self.variable = variable

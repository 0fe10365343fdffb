"""What can go wrong with a customer's Liquid: while it is written, and while one recipient is rendered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceError:
    """One mistake in what the author wrote: `line` counts from 1, `message` is a sentence for the author."""

    line: int
    message: str


class SourceRefused(Exception):
    """The source cannot be compiled; `errors` name every line that must change."""

    def __init__(self, errors: tuple[SourceError, ...]) -> None:
        super().__init__("; ".join(f"line {error.line}: {error.message}" for error in errors))
        self.errors = errors


class RenderRefused(Exception):
    """This recipient's text cannot be made (a limit was reached, a filter refused the value)."""


class MissingValue(RenderRefused):
    """A recipient has no value for `variable`, and the author gave no default (R-52)."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"there is no value for {variable}, and no default is given")
        self.variable = variable

"""A hundred invented messages with labels: what each is, and what is true of it."""

from extensions.lint.lint_set.build import Labeled
from extensions.lint.lint_set.bulk import bulk
from extensions.lint.lint_set.personal import personal
from extensions.lint.lint_set.transactional import transactional


def labeled() -> tuple[Labeled, ...]:
    return (*bulk(), *transactional(), *personal())


def halves() -> tuple[tuple[Labeled, ...], tuple[Labeled, ...]]:
    """The two thirds that lint may be tuned on, and every third message, which was kept back."""
    everything = labeled()
    return (
        tuple(one for at, one in enumerate(everything) if at % 3 != 2),
        tuple(one for at, one in enumerate(everything) if at % 3 == 2),
    )

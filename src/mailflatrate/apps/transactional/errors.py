"""Errors of transactional email, worded for the customer."""

from collections.abc import Sequence

from django.utils.translation import get_language

from mailflatrate.base.refusals import AlreadyExists, StateConflict
from mailflatrate.rules.messages.message_data import DataProblem


class TransactionalError(Exception):
    """The request is refused; the message says why and how to fix it."""


class TemplateStateError(TransactionalError, StateConflict):
    """The request isn't possible in the current state of the template's version."""


class KeyTaken(TransactionalError, AlreadyExists):
    """Raised when another template already has this key."""


class DataNotAccepted(TransactionalError):
    """Raised for data that the template doesn't take; `problems` maps each place to a sentence."""

    def __init__(self, problems: Sequence[DataProblem]) -> None:
        language = get_language() or "en"
        self.problems = {problem.name: problem.sentence(language) for problem in problems}
        super().__init__(" ".join(self.problems.values()))

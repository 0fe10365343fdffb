"""Errors of lists, worded for the customer."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from mailflatrate.base.refusals import AlreadyExists, StateConflict


class ListError(Exception):
    """The request is refused; the message says why."""


class ListStateError(ListError, StateConflict):
    """The request isn't possible in the current state of the object."""


class NameInUse(ListError, AlreadyExists):
    """Raised when the account already has an object with this name."""


class FieldProblem(ListError):
    """Raised when values don't fit their fields; `problems` maps a field's key to a sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


class SegmentError(ListError):
    """A condition is invalid; the message names it."""


class SegmentNameInUse(SegmentError, AlreadyExists):
    """The account has a segment with this name already."""


class SegmentInUse(SegmentError, StateConflict):
    """A segment is in use; `places` names where."""

    def __init__(self, places: Sequence[str]) -> None:
        said = _("this segment is in use: %(places)s. Remove it there first")
        super().__init__(said % {"places": ", ".join(places)})
        self.places = tuple(places)


class ImportProblem(ListError):
    """The file or its columns cannot be imported; the message says what to change."""


class ExportProblem(ListError):
    """The export cannot begin, or its file cannot be handed out; the message says why."""


class FetchProblem(ImportProblem):
    """Raised when another system's API can't be read; the message says what to do.

    `is_final`: the key can't be used. `is_forbidden`, `is_missing`: this request was refused, or asked for something
    that doesn't exist.
    """

    def __init__(
        self, message: str, *, is_final: bool = False, is_forbidden: bool = False, is_missing: bool = False
    ) -> None:
        super().__init__(message)
        self.is_final, self.is_forbidden, self.is_missing = is_final, is_forbidden, is_missing


class ImportStateError(ImportProblem, StateConflict):
    """The import, the move or its list isn't in the right state for this request."""


class ExportStateError(ExportProblem, StateConflict):
    """The export isn't ready for this request, or too many exports are running."""


class MoveChanged(ImportStateError):
    """The files of a move were checked again since the page was shown, so the person has to review the new numbers."""


class OriginNeeded(ImportProblem):
    """A list without a declared origin accepts no import (R-10). `list_id` is the list to declare it for."""

    def __init__(self, message: str, list_id: int) -> None:
        super().__init__(message)
        self.list_id = list_id


class DeclarationProblem(ListError):
    """A declaration of origin is incomplete; `problems` maps a field of `Declaration` to what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)

"""Errors of lists, worded for the customer."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from mailflatrate.base.refusals import AlreadyExists, StateConflict


class ListError(Exception):
    pass


class ListStateError(ListError, StateConflict):
    """Not possible in the object's current state."""


class NameInUse(ListError, AlreadyExists):
    pass


class FieldProblem(ListError):
    """`problems`: by field key, a sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


class SegmentError(ListError):
    pass


class SegmentNameInUse(SegmentError, AlreadyExists):
    pass


class SegmentInUse(SegmentError, StateConflict):
    """`places`: where."""

    def __init__(self, places: Sequence[str]) -> None:
        message = _("this segment is in use: %(places)s. Remove it there first")
        super().__init__(message % {"places": ", ".join(places)})
        self.places = tuple(places)


class ImportProblem(ListError):
    pass


class ExportProblem(ListError):
    pass


class FetchProblem(ImportProblem):
    """`is_final`: the key can't be used. `is_forbidden`, `is_missing`: only this request."""

    def __init__(
        self, message: str, *, is_final: bool = False, is_forbidden: bool = False, is_missing: bool = False
    ) -> None:
        super().__init__(message)
        self.is_final, self.is_forbidden, self.is_missing = is_final, is_forbidden, is_missing


class ImportStateError(ImportProblem, StateConflict):
    pass


class ExportStateError(ExportProblem, StateConflict):
    pass


class MoveChanged(ImportStateError):
    """The files were checked again since the page was shown: the person has to review the new numbers."""


class OriginNeeded(ImportProblem):
    """Without a declared origin a list accepts no import (R-10)."""

    def __init__(self, message: str, list_id: int) -> None:
        super().__init__(message)
        self.list_id = list_id


class DeclarationProblem(ListError):
    """`problems`: by field of `Declaration`."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)

"""What lists refuse, in the customer's words."""


class ListError(Exception):
    """The request is refused; the message says why."""


class SegmentError(ListError):
    """A condition makes no sense; the message names it."""


class ImportProblem(ListError):
    """The file or its columns cannot be imported; the message says what to change."""

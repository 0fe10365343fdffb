"""Errors of a reader in a child process; callers turn each into a refusal that explains it to the user."""


class ChildError(Exception):
    """The child gave no answer. The message is for logs and contains nothing from the input."""


class ChildTimeout(ChildError):
    """The reader used up its time and was killed."""


class ChildCrashed(ChildError):
    """The child process died while it was reading."""


class ChildOutOfMemory(ChildCrashed):
    """The reader needed more memory than it may have."""


class ChildBusy(ChildError):
    """All children of this process were busy for the whole wait; try again later."""


class ChildFailed(ChildError):
    """The reader raised an undeclared exception, or its answer was too large or of the wrong type."""

"""What can go wrong with a reader in a child process; callers turn each into a refusal that the user can read."""


class ChildError(Exception):
    """The child gave no answer. The message is for logs; nothing from the input appears in it."""


class ChildTimeout(ChildError):
    """The reader used up its time and was killed."""


class ChildCrashed(ChildError):
    """The child process died while it read."""


class ChildOutOfMemory(ChildCrashed):
    """The reader needed more memory than it may have."""


class ChildBusy(ChildError):
    """All children of this process were at work for the whole wait; try again later."""


class ChildFailed(ChildError):
    """The reader raised something it does not declare, or its answer was too large or of the wrong type."""

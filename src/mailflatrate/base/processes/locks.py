"""A check whether a living process holds the lock on a file. The system drops the lock when its process dies."""

import fcntl
import os
from pathlib import Path


def is_locked(path: Path) -> bool:
    """Return True while another process holds the lock; False if the file is missing or another user's."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False

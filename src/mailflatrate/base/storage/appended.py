"""Files of lines that several processes of a host append to, and that survive a loss of power."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append and flush to disk; raises OSError. A line break comes first: the last line may have been truncated."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not path.exists()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        data = memoryview("".join(["\n", *(f"{line}\n" for line in lines)]).encode())
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        flush_folder(path.parent)


def read_lines(path: Path, longest: int) -> Iterator[str]:
    """Yield every line of a file that is not blank; one longer than `longest` comes in pieces, which mean nothing."""
    with path.open(encoding="utf-8", errors="replace") as file:
        while line := file.readline(longest):
            if line.strip():
                yield line.strip()


def flush_folder(folder: Path) -> None:
    """Flush the folder so that a new name in it survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

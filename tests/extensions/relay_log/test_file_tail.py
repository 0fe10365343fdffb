"""A followed log loses no line and repeats none when it is rotated, and when the follower starts again."""

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailflatrate.extensions.relay_log.file_tail import FileTail


class Log:
    """A log file and who follows it: each line is numbered, so that one lost or told twice shows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = 0
        self.read: list[int] = []
        self.tail = FileTail(path, {})

    def write(self, count: int = 1) -> None:
        with self.path.open("ab") as file:
            for _ in range(count):
                self.written += 1
                file.write(f"line {self.written} of a log that somebody writes\n".encode())

    def follow(self, most: int = 1000) -> None:
        self.read += [int(line.split()[1]) for line in self.tail.read(most)]

    def restart(self) -> None:
        place = self.tail.place()
        self.tail.close()
        self.tail = FileTail(self.path, place)

    def rename(self, name: str) -> None:
        self.path.rename(self.path.with_name(name))

    def copy_and_truncate(self, name: str) -> None:
        shutil.copy2(self.path, self.path.with_name(name))
        os.truncate(self.path, 0)

    def complete(self) -> None:
        self.follow()
        assert self.read == list(range(1, self.written + 1))
        assert self.tail.gaps == 0
        assert self.tail.is_at_end


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path / "mail.log")
    yield made
    made.tail.close()


ROTATIONS: list[Callable[[Log, str], None]] = [Log.rename, Log.copy_and_truncate]


@pytest.mark.parametrize("rotate", ROTATIONS)
@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("names", [("mail.log.1",), ("mail.log-20261127-000000", "mail.log-20261128-000000")])
@pytest.mark.parametrize("most", [1000, 2])
def test_no_line_is_lost_or_repeated(
    log: Log, rotate: Callable[[Log, str], None], restarts: bool, names: tuple[str, ...], most: int
) -> None:
    log.write(5)
    log.follow(most)
    for number, name in enumerate(names):
        log.write(3)  # not read before the rotation
        if restarts:
            log.restart()
        rotate(log, name)
        os.utime(log.path.with_name(name), (1_000_000 + number, 1_000_000 + number))
        log.write(4)
        if restarts and number % 2 == 0:
            continue  # two rotations while nobody follows
        log.follow(most)
    log.complete()
    log.write(2)
    log.restart()
    log.complete()


def test_a_line_counts_when_it_is_whole(log: Log) -> None:
    with log.path.open("ab") as file:
        file.write(b"line 1 of a l")
    log.follow()
    assert log.read == []
    with log.path.open("ab") as file:
        file.write(b"og\nline 2 half")
    log.written = 1
    log.complete()
    log.restart()
    log.complete()


def test_a_line_without_an_end_is_passed_over_in_bounded_memory(log: Log) -> None:
    log.write()
    with log.path.open("ab") as file:
        for _ in range(300):
            file.write(b"x" * 10_000)
    log.follow()
    log.restart()
    with log.path.open("ab") as file:
        file.write(b"line 99 is the rest of a long one\n")
    log.write()
    log.complete()


def test_a_writer_that_still_has_the_old_file_is_read_to_its_end(log: Log) -> None:
    log.write(2)
    log.follow()
    with log.path.open("ab", buffering=0) as old:
        log.rename("mail.log.1")
        log.path.touch()  # as logrotate's `create` does
        log.follow()
        old.write(b"line 3 of the old file\n")
        log.written = 3
        log.follow()
    log.write(2)
    log.complete()


def test_what_cannot_be_found_again_is_a_gap_and_said_so(log: Log) -> None:
    log.write(3)
    log.follow()
    log.write(1)
    log.restart()
    with gzip.open(log.path.with_name("mail.log.2.gz"), "wb") as packed:
        packed.write(log.path.read_bytes())
    log.path.unlink()
    log.write(2)
    log.follow()
    assert log.read == [1, 2, 3, 5, 6]
    assert log.tail.gaps == 1


def test_a_log_that_does_not_exist_yet_is_waited_for(log: Log) -> None:
    log.follow()
    assert log.tail.is_at_end
    assert log.tail.place() == {}
    log.write(3)
    log.complete()

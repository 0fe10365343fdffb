"""The child process: limits of time and memory, typed errors, no secrets, no end for its parent."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from mailflatrate.base import child
from mailflatrate.base.child.probe import ProbeRefused
from mailflatrate.base.child.registry import READERS, contract
from support.processes import is_alive
from support.waiting import wait_until


@pytest.fixture
def pool() -> Iterator[child.ChildPool]:
    one = child.ChildPool(children=2, wait_seconds=0.5)
    yield one
    one.close()


def test_warm_child_serves_many_calls(pool: child.ChildPool) -> None:
    first = pool.call("probe", "answer", b"\xff\x00")
    assert first.content == b"\xff\x00"
    assert first.pid != os.getpid()
    assert {pool.call("probe", "answer").pid for _ in range(200)} == {first.pid}


def test_the_child_holds_no_secret(pool: child.ChildPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever our environment holds, the child's holds what Python needs."""
    monkeypatch.setenv("MAILFLATRATE_SECRET_KEY", "x")
    monkeypatch.setenv("DATABASE_URL", "postgres://x")
    seen = set(pool.call("probe", "answer").environment)
    assert seen <= {
        "PATH", "LANG", "LC_CTYPE", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUTF8", "MALLOC_ARENA_MAX",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("spin", child.ChildTimeout),
        ("allocate", child.ChildOutOfMemory),
        ("crash", child.ChildCrashed),
        ("raise", child.ChildFailed),
        ("flood", child.ChildFailed),
    ],
)
def test_each_end_has_its_error_and_the_next_call_its_answer(
    pool: child.ChildPool, action: str, error: type[child.ChildError]
) -> None:
    """No failure outlives its call."""
    pool.call("probe", "answer")
    with pytest.raises(error):
        pool.call("probe", action)
    assert pool.call("probe", "answer").content == b""


def test_a_reader_that_only_waits_ends_too() -> None:
    """The wall clock counts besides the processor's time."""
    one = child.ChildPool(children=1)
    try:
        with pytest.raises(child.ChildTimeout):
            one.call("probe.alone", "sleep")
    finally:
        one.close()


def test_a_declared_exception_crosses_the_border(pool: child.ChildPool) -> None:
    """With its arguments, and the child lives on."""
    first = pool.call("probe", "answer").pid
    with pytest.raises(ProbeRefused) as caught:
        pool.call("probe", "refuse")
    assert caught.value.reason == "not today"
    assert pool.call("probe", "answer").pid == first


def test_only_names_of_the_list_are_run(pool: child.ChildPool) -> None:
    """A caller cannot name a function, only a reader."""
    with pytest.raises(KeyError):
        pool.call("os:system", "true")


def test_threads_share_the_children_and_wait_only_so_long(pool: child.ChildPool) -> None:
    """Two at once; a third is told that it is busy; one that runs alone waits for its kind."""
    problems: list[str] = []

    def ask(name: str, action: str) -> None:
        try:
            pool.call(name, action)
        except child.ChildError as error:
            problems.append(type(error).__name__)

    pool.start_spare("probe")
    pool.call("probe", "answer")
    threads = [threading.Thread(target=ask, args=("probe", "sleep")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(problems) == ["ChildBusy", "ChildTimeout", "ChildTimeout"]


def test_a_stream_is_bounded_item_by_item_and_ends_with_its_reader() -> None:
    """Half-read, it leaves no process behind; a reader that spins is killed."""
    half = child.stream("probe.stream", 5)
    assert next(half) == 0
    half.close()
    seen = []
    with pytest.raises(child.ChildTimeout):
        seen.extend(child.stream("probe.stream", 3))
    whole = child.stream("probe.stream", 3)
    assert [next(whole), next(whole), next(whole)] == [0, 1, 2]
    whole.close()


def test_the_child_dies_with_its_parent() -> None:
    """Even where the parent was killed."""
    code = (
        "import os, signal\nfrom mailflatrate.base import child\n"
        "print(child.call('probe', 'answer').pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    pid = int(done.stdout)
    wait_until(lambda: not is_alive(pid), "the end of the child")


@pytest.mark.parametrize("name", sorted(READERS))
def test_every_reader_of_the_list_is_there_and_says_what_it_returns(name: str) -> None:
    """And its declared exceptions can cross the border."""
    assert contract(name).answer is not None

"""Tests wait for conditions (`tests/support/waiting.py`), never for a time that is hoped to be enough."""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.sources import parsed
from support.waiting import stays, stays_async, wait_until, wait_until_async

TESTS = Path(__file__).parents[1]
WAITS = {"sleep", "wait_for_timeout"}
TIME_ITSELF = {
    "support/waiting.py::wait_until": "the pause between two checks of the condition",
    "support/waiting.py::wait_until_async": "the same",
    "support/waiting.py::stays": "the same",
    "support/waiting.py::stays_async": "the same",
    "support/waiting.py::read_as_a_person": "a form that is sent sooner counts as filled in by a machine",
    "support/fake_relay.py::delayed": "a relay that answers late",
    "browser/test_drafts.py::test_writing_fast_is_no_conflict_with_oneself": "typing at a speed at which saves overlap",
    "wire/test_web.py::test_a_server_that_sends_drop_by_drop": "a server that drips",
    "wire/test_smtp_scripts.py::send_all": "the pause that the pool asks for",
    "wire/test_smtp_pool.py::test_limits_of_a_connection_are_kept": "a connection expires",
    "apps/delivery/test_pace.py::claimed": "a transaction stays open while others ask for the same turn",
    "security/test_outbound.py::drip": "a server that drips",
    "security/test_outbound.py::test_redirects_share_the_deadline": "each redirect takes a good part of the deadline",
    "security/test_serving.py::drip": "a client that drips",
    "security/test_exporter.py::test_a_client_that_drips_is_cut_off_whatever_it_sends": "a client that drips",
}


def fixed_waits(source: str) -> Iterator[tuple[str, int]]:
    """Yield the outermost function and the line of each fixed wait; a turn of the event loop, `sleep(0)`, is none."""
    for top in parsed(source).body:
        for function in top.body if isinstance(top, ast.ClassDef) else [top]:
            name = getattr(function, "name", "<module>")
            for node in ast.walk(function):
                if not isinstance(node, ast.Call):
                    continue
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given = node.args[0] if node.args else None
                is_turn = isinstance(given, ast.Constant) and given.value == 0
                if called in WAITS and given is not None and not is_turn:
                    yield name, node.lineno


def test_only_tests_about_time_wait_for_a_fixed_time() -> None:
    found = {}
    for path in sorted(TESTS.rglob("*.py")):
        place = str(path.relative_to(TESTS))
        source = path.read_text(encoding="utf-8")
        if any(wait in source for wait in WAITS):
            found |= {f"{place}::{name}": line for name, line in fixed_waits(source)}
    new = {name: line for name, line in found.items() if name not in TIME_ITSELF}
    assert not new, f"wait for a condition with support.waiting, or say in TIME_ITSELF why time is the subject: {new}"
    assert set(TIME_ITSELF) <= set(found), "these wait no longer: take them out of the table"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def test():\n    time.sleep(1)\n", [2]),
        ("from time import sleep\nsleep(0.1)\n", [2]),
        ("class Test:\n    async def test(self):\n        await asyncio.sleep(SECONDS)\n", [3]),
        ("def test():\n    def inner():\n        page.wait_for_timeout(300)\n    inner()\n", [3]),
        ("def test():\n    asyncio.sleep(0)\n    clock.sleep()\n    page.wait_for_selector('a')\n", []),
    ],
)
def test_fixed_waits_are_found(source: str, lines: list[int]) -> None:
    assert [line for _, line in fixed_waits(source)] == lines


def test_a_wait_ends_with_its_condition_or_says_what_is_missing() -> None:
    looks = iter([0, 0, 7])
    assert wait_until(lambda: next(looks), "a number", pause=0.001) == 7
    with pytest.raises(AssertionError, match=r"^the third letter: not within 0\.01 seconds"):
        wait_until(lambda: False, lambda: "the third letter", seconds=0.01, pause=0.001)
    looks = iter([1, 1, 0])
    with pytest.raises(AssertionError, match=r"^it takes all: no longer true"):
        stays(lambda: next(looks), "it takes all", seconds=10, pause=0.001)


def test_the_same_without_holding_up_the_loop() -> None:
    async def main() -> None:
        looks = iter([0, 7])

        async def look() -> int:
            return next(looks)

        assert await wait_until_async(look, "a number", pause=0.001) == 7
        with pytest.raises(AssertionError, match=r"^a number: not within"):
            await wait_until_async(lambda: 0, "a number", seconds=0.01, pause=0.001)
        with pytest.raises(AssertionError, match=r"^quiet: no longer true"):
            await stays_async(lambda: False, "quiet", seconds=10)

    asyncio.run(main())

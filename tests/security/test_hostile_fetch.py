"""Fetching from a hostile system: endless lists, swollen pages, slow answers, and refusals that go missing."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from procrastinate.contrib.django import app

from mailflatrate.apps.intake.actions import fetches
from mailflatrate.apps.intake.fetch_runner import fetch_files
from mailflatrate.apps.intake.fetching import api as api_module
from mailflatrate.apps.intake.fetching import connector
from mailflatrate.apps.intake.fetching.api import ApiLink
from mailflatrate.apps.intake.jobs import check_move, fetch_move
from mailflatrate.apps.intake.models import MoveFetch
from mailflatrate.base import tenancy
from mailflatrate.wire.dns import DnsResolver
from support.customers import Customer, customer_with_members
from support.fake_apis import Answer, FakeApi, recorded, serving
from support.moves import MoveIn

KEYS = {"listmonk": "api_user:t0ken", "cleverreach": "eyJ0eXAiOiJKV1Qi", "mailerlite": "eyJ0eXAiOiJKV1Qi"}
PAGE = 500
DENIED: Answer = (403, {}, b"{}")


@pytest.fixture
def anna(database: str) -> Customer:
    return customer_with_members()


@pytest.fixture
def listmonk() -> Iterator[FakeApi]:
    with serving(recorded("listmonk")) as api:
        yield api


def link(seconds: Callable[[], float] | None = None) -> ApiLink:
    clock = {} if seconds is None else {"seconds": seconds}
    return ApiLink(DnsResolver(["127.0.0.1"]), pause=lambda _seconds: None, private=True, **clock)


def begun(anna: Customer, api: FakeApi, system: str = "listmonk") -> MoveIn:
    order = fetches.FetchOrder(system, KEYS[system], "https://news.anna.example")
    with tenancy.account(anna.account_id):
        move = MoveIn(anna, fetches.fetch_move(anna.list_id, order, by=None).id)
        fetch = MoveFetch.objects.get(move_id=move.id)
        fetch.base_url = api.url
        fetch.seal_key(KEYS[system])
        fetch.save()
    return move


def fetch_of(anna: Customer, move: MoveIn) -> MoveFetch:
    with tenancy.account(anna.account_id):
        return MoveFetch.objects.get(move_id=move.id)


def answered(found: object) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()


def asked_for(target: str, name: str) -> int:
    return int(parse_qs(urlsplit(target).query)[name][0])


def endless(target: str) -> Answer:
    """Full pages of lists that never repeat."""
    first = asked_for(target, "page") * PAGE
    return answered({"data": {"results": [{"id": first + at, "name": f"L{first + at}"} for at in range(PAGE)]}})


def test_endless_lists_are_read_up_to_the_limit(anna: Customer, listmonk: FakeApi) -> None:
    listmonk.faults = [endless] * 5
    move = begun(anna, listmonk)
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "choosing"
    assert len(fetch_of(anna, move).audiences) == connector.MOST_AUDIENCES
    assert len(listmonk.asked) == 1


def test_lists_with_huge_names_and_ids_stay_small(anna: Customer, listmonk: FakeApi) -> None:
    wide = "x" * 30_000
    listmonk.faults = [answered({"data": {"results": [{"id": wide, "name": "a"}, {"id": 1, "name": wide}, {"id": 2}]}})]
    move = begun(anna, listmonk)
    fetch_files(anna.account_id, move.id, link())
    assert [(one[0], len(one[1])) for one in fetch_of(anna, move).audiences] == [("1", 200), ("2", 0)]


@pytest.mark.parametrize(
    "results",
    [
        b"{}," * 200_000 + b"{}",
        b'{"id":[' + b"[]," * 250_000 + b"[]]}",
        b'{"id":[' + b"1," * 250_000 + b"1]}",
        b'{"id":["' + b'","' * 250_000 + b'"]}',
        b'{"name":"\\"' + b"[{,\\\\" * 10 + b'"},' + b"{}," * 250_000 + b"{}",
        b'{"id":1},' * 600 + b'{"id":2}',
        b'{"id":1,"name":"' + b"x" * 9_000_000 + b'"}',
    ],
)
def test_a_swollen_page_is_refused(
    anna: Customer, listmonk: FakeApi, monkeypatch: pytest.MonkeyPatch, results: bytes
) -> None:
    """Too many objects, values or octets for a page; values are counted before they are in memory."""
    listmonk.faults = [(200, {}, b'{"data":{"results":[' + results + b"]}}")]
    move = begun(anna, listmonk)
    parsed: list[int] = []

    def loads(body: bytes) -> Any:
        parsed.append(len(body))
        return json.loads(body)

    monkeypatch.setattr(api_module, "json", SimpleNamespace(loads=loads))
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "failed"
    assert "more data than we can process" in move.row.problem
    assert all(octets < 10_000 for octets in parsed)


def test_commas_in_texts_are_no_values(anna: Customer, listmonk: FakeApi) -> None:
    listmonk.faults = [answered({"data": {"results": [{"id": 7, "name": '"[{,\\' * 100_000}]}})]
    move = begun(anna, listmonk)
    fetch_files(anna.account_id, move.id, link())
    assert fetch_of(anna, move).audiences[0][0] == "7"


def test_cursor_pages_have_no_more_than_asked_for(anna: Customer) -> None:
    with serving(recorded("mailerlite")) as api:
        api.faults = [answered({"data": [{"id": number, "name": "x"} for number in range(101)], "meta": {}})]
        move = begun(anna, api, "mailerlite")
        fetch_files(anna.account_id, move.id, link())
    assert "more data than we can process" in move.row.problem


def test_a_move_is_no_larger_than_an_upload(anna: Customer, listmonk: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its tables together; what didn't fit isn't kept."""
    move = begun(anna, listmonk)
    monkeypatch.setattr(fetches, "MOST_OCTETS", 300)
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "failed"
    assert "too large" in move.row.problem
    assert 0 < move.row.bytes_total <= 300
    assert sum(file["bytes"] for file in move.row.files) == move.row.bytes_total


def test_a_slow_part_ends_after_the_slot(anna: Customer, listmonk: FakeApi) -> None:
    """Full pages, each after most of a minute, don't keep the worker."""

    def subscribers(target: str) -> Answer | None:
        if "/subscribers" not in target or "list_id" not in target:
            return None
        first = asked_for(target, "page") * PAGE
        people = [{"email": f"p{first + at}@kunde-eins.de", "lists": []} for at in range(PAGE)]
        return answered({"data": {"results": people}})

    listmonk.faults = [subscribers] * 100
    passed = itertools.count(0, 20)
    move = begun(anna, listmonk)
    fetch_files(anna.account_id, move.id, link(lambda: float(next(passed))))
    assert move.row.state == "failed"
    assert "too slow" in move.row.problem
    assert len(listmonk.asked) < 40


def _arguments(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


def waiting_jobs(move: MoveIn) -> int:
    found = app.job_manager.list_jobs(task="intake.fetch_move", status="todo")
    return sum(_arguments(job.task_kwargs)["move_id"] == move.id for job in found)


def test_a_fetch_makes_room_for_others_between_parts(anna: Customer, listmonk: FakeApi) -> None:
    """Each run keeps what it fetched and enqueues the next one, once; together they fetch everything."""
    now = [0.0]

    def late(_target: str) -> None:
        now[0] += 200

    listmonk.faults = [late] * 100
    move = begun(anna, listmonk)
    before = waiting_jobs(move)
    done = []
    for _run in range(9):
        if move.row.state != "fetching":
            break
        fetch_files(anna.account_id, move.id, link(lambda: now[0]))
        done.append(len(fetch_of(anna, move).parts_done))
    assert move.row.state == "checking", move.row.problem
    assert done == sorted(done)
    assert len(done) > 1
    assert waiting_jobs(move) == before + 1
    assert fetch_of(anna, move).starts <= 1


def test_a_crash_loop_ends(anna: Customer, listmonk: FakeApi) -> None:
    """A run that dies with its worker is begun again only a few times."""

    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    move = begun(anna, listmonk)
    for _run in range(fetches.MOST_STARTS):
        dying = link()
        dying.pause = lambda _seconds: die()
        listmonk.faults = [(503, {}, b"")]
        with pytest.raises(Died):
            fetch_files(anna.account_id, move.id, dying)
        assert move.row.state == "fetching"
    listmonk.asked = []
    fetch_move(account_id=anna.account_id, move_id=move.id)
    assert move.row.state == "failed"
    assert "was interrupted several times" in move.row.problem
    assert listmonk.asked == []
    assert move.post("again").endswith(move.url)
    listmonk.faults = []
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "checking"


@pytest.mark.parametrize(("path", "name"), [("/bounces", "bounces.csv"), ("query=", "blocklist.csv")])
def test_refusals_that_the_key_may_not_read_are_named(anna: Customer, listmonk: FakeApi, path: str, name: str) -> None:
    listmonk.faults = [lambda target: DENIED if path in target else None] * 20
    move = begun(anna, listmonk)
    fetch_files(anna.account_id, move.id, link())
    check_move(account_id=anna.account_id, move_id=move.id)
    assert move.row.state == "ready"
    assert [question.file for question in move.result.questions if question.about == "refusals_missing"] == [name]
    page = move.page()
    assert "may be missing" in page
    assert name in page


def test_a_list_that_the_key_may_not_read_ends_the_fetch(anna: Customer, listmonk: FakeApi) -> None:
    listmonk.faults = [lambda target: DENIED if "list_id" in target else None] * 20
    move = begun(anna, listmonk)
    fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "failed"


def capped(entries: list[Mapping[str, Any]], size: int) -> Callable[[str], Answer | None]:
    def answer(target: str) -> Answer | None:
        if "/blacklist.json" not in target:
            return None
        first = asked_for(target, "page") * size
        return answered(entries[first : first + size]) if first <= len(entries) else (404, {}, b"{}")

    return answer


@pytest.mark.parametrize(("people", "size"), [(250, 100), (2500, 1000), (2500, 5000), (200, 100), (0, 100)])
def test_no_one_on_a_paged_blacklist_is_lost(anna: Customer, people: int, size: int) -> None:
    entries = [{"email": f"p{number}@kunde-fuenf.de"} for number in range(people)]
    with serving(recorded("cleverreach")) as api:
        api.faults = [capped(entries, size)] * 30
        move = begun(anna, api, "cleverreach")
        fetch_files(anna.account_id, move.id, link())
    assert move.row.state == "checking", move.row.problem
    with serving(recorded("cleverreach")) as api:
        api.answers["/v3/blacklist.json"] = entries
        whole = begun(anna, api, "cleverreach")
        fetch_files(anna.account_id, whole.id, link())
    names = [{file["name"]: file["sha256"] for file in one.row.files} for one in (move, whole)]
    assert names[0] == names[1]
    assert fetch_of(anna, move).rows_done == people + 5


def test_listmonk_pages_that_are_shorter_than_asked_for(anna: Customer, listmonk: FakeApi) -> None:
    """A page isn't the last because the installation gives fewer at once."""

    def bounces(target: str) -> Answer | None:
        if "/bounces" not in target:
            return None
        number = asked_for(target, "page")
        found = [{"type": "hard", "email": f"b{number}x{at}@kunde-eins.de"} for at in range(50)] if number < 4 else []
        return answered({"data": {"results": found}})

    listmonk.faults = [bounces] * 30
    move = begun(anna, listmonk)
    fetch_files(anna.account_id, move.id, link())
    with serving(recorded("listmonk")) as plain:
        other = begun(anna, plain)
        fetch_files(anna.account_id, other.id, link())
    assert fetch_of(anna, move).rows_done - fetch_of(anna, other).rows_done == 150 - 1

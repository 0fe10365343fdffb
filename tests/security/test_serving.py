"""Slow, endless and oversized requests against served processes: none of them stops a page, or fills a disk."""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from copies import Copies
from mailflatrate.apps.accounts.actions.people import create_user
from mailflatrate.entrypoints.web.serving import request_bodies, wsgi_bridge
from mailflatrate.entrypoints.web.serving.request_bodies import (
    MB,
    BodyLimit,
    BodyRefused,
    DiskBudget,
    RequestBody,
    limit_of,
    read_body,
)
from mailflatrate.settings import load_settings
from support.served import Served, read_answer, served
from support.waiting import stays, wait_until

TOKEN = "0" * 40
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def plain(database: str, copies: Copies) -> Iterator[Served]:
    with served(copies, tls=False, ACCESS_LOG="true") as found:
        yield found


@pytest.fixture(scope="module")
def over_tls(database: str, copies: Copies) -> Iterator[Served]:
    with served(copies, tls=True) as found:
        yield found


@pytest.fixture(params=["plain", "over_tls"])
def web(request: pytest.FixtureRequest) -> Served:
    found: Served = request.getfixturevalue(request.param)
    return found


@contextmanager
def slow_clients(web: Served, count: int, sent: str) -> Iterator[list[socket.socket]]:
    """Connections on which a beginning was sent, and then nothing."""
    with ExitStack() as stack:
        links = [stack.enter_context(web.connect()) for _ in range(count)]
        for number, link in enumerate(links):
            link.sendall(sent.format(path=("/report/", f"/u/{TOKEN}", "/login/")[number % 3]).encode())
        yield links


HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"


@pytest.mark.slow
@pytest.mark.parametrize("count", [6, 20, 200])
@pytest.mark.parametrize("sent", [HEAD, HEAD + "\r\nabcdefg", HEAD.replace("Content-Length: 1000", "Transfer-Encoding: "
                         "chunked") + "\r\n3\r\nabc\r\n"], ids=["header", "body", "chunks"])  # fmt: skip
def test_slow_clients_stop_nothing(web: Served, count: int, sent: str) -> None:
    with slow_clients(web, count, sent):
        for path, status in (("/healthz", 200), ("/report/", 200), (f"/u/{TOKEN}", 404)):
            answer = web.ask(path)
            assert (answer.status, answer.seconds < 5) == (status, True), path


@pytest.mark.slow
def test_a_half_written_header_is_not_waited_for(plain: Served) -> None:
    """Slow bodies end by the same clock in `test_a_dripping_body_ends`; here it is Granian's."""
    with plain.connect() as silent, plain.connect() as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        began = time.monotonic()
        assert read_answer(half, began).status == 0
        assert read_answer(silent, began).status == 0
        assert time.monotonic() - began < 14


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("path", "octets"), [("/report/", 6 * MB + 1), ("/login/", 70_000), (f"/u/{TOKEN}", 70_000), ("/apply/", 70_000)]
)
def test_what_is_too_large_is_refused_while_it_is_read(plain: Served, path: str, octets: int, declared: bool) -> None:
    before = on_disk()
    body, headers = b"x" * octets, dict(FORM)
    if not declared:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        headers["Transfer-Encoding"] = "chunked"
    answer = plain.ask(path, method="POST", body=body, headers=headers)
    assert answer.status in (0, 413), "0: the connection was closed while the client still wrote"
    assert on_disk() == before
    promised = plain.ask(path, method="POST", headers={**FORM, "Content-Length": str(octets)})
    assert promised.status == 413, "nothing of it is read"
    assert promised.seconds < 5


def on_disk() -> list[Path]:
    return list((load_settings().data_dir / "incoming").iterdir())


def test_large_bodies_are_for_people_who_signed_in(plain: Served) -> None:
    """A made-up cookie opens nothing; a session and a key do."""
    length = str(2 * MB)
    for made_up in ({"Cookie": f"sessionid={secrets.token_hex(16)}"}, {"Authorization": "Bearer mfk_abc_def"}, {}):
        answer = plain.ask("/studio/imports/new/", method="POST", headers={"Content-Length": length, **made_up})
        assert answer.status == 413, made_up
    user = create_user(f"{secrets.token_hex(6)}@lindenhof.example", name="Anna", password="winterzwiebeln-2026")
    client = Client()
    client.force_login(user)
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    body = b"x=" + b"y" * (2 * MB)
    kind = {"Content-Type": "application/octet-stream"}
    answer = plain.ask("/studio/imports/new/", method="POST", body=body, headers={**kind, **cookie})
    assert answer.status == 403, "read whole, and then refused by the CSRF check"
    assert on_disk() == []


def test_refusals_say_what_to_do(plain: Served) -> None:
    promised = {"Content-Length": str(7 * MB), "Accept-Language": "de,en;q=0.5", "Accept": "text/html"}
    page = plain.ask("/report/", method="POST", headers=promised)
    assert "6 MB" in page.body.decode()
    assert "zu groß" in page.body.decode()
    problem = plain.ask("/api/v1/contacts", method="POST", headers={"Content-Length": str(7 * MB)})
    shape = json.loads(problem.body)
    assert (shape["status"], shape["code"]) == (413, "too-large")
    assert f"x-request-id: {shape['request_id']}" in problem.head


def test_health_and_unsubscribe_answer_while_every_other_thread_waits(plain: Served, database: str) -> None:
    """A table that pages need is locked, so that all threads for pages hang in the database."""
    form = b"about=4K7Q-92XD-8&complaint=spam"
    with psycopg.connect(database) as owner, ThreadPoolExecutor(30) as pool:
        owner.execute("LOCK TABLE browser_session, account IN ACCESS EXCLUSIVE MODE")
        cookie = {"Cookie": f"sessionid={'a' * 32}", **FORM}
        waiting = [pool.submit(plain.ask, "/studio/", headers=cookie, timeout_seconds=60) for _ in range(20)]
        waiting += [pool.submit(plain.ask, "/login/", method="POST", body=form, headers=cookie) for _ in range(5)]
        stays(lambda: not any(one.done() for one in waiting[:20]), "the pages do hang", seconds=1)
        health = [plain.ask("/healthz") for _ in range(5)]
        leave = plain.ask(f"/u/{TOKEN}", method="POST", body=b"List-Unsubscribe=One-Click", headers=FORM)
        assert [one.status for one in health] == [200] * 5
        assert min(one.seconds for one in health) < 0.5
        assert (leave.status, leave.seconds < 3) == (404, True)
        owner.rollback()
        assert {one.result().status for one in waiting[:20]} == {302}


def test_headers_cannot_pass_for_others(plain: Served) -> None:
    """Underscores would become the dashes of a header that is trusted; a TLS proxy is believed only when it is ours."""
    for name in ("X_Forwarded_For", "X-Forwarded-For"):
        assert plain.ask("/metrics", headers={name: "127.0.0.1"}).status == (200 if "_" in name else 404)
    assert plain.ask("/healthz", method="HEAD").body == b""
    twice = plain.ask("/login/", headers={"X-Forwarded-Proto": "https"})
    assert "strict-transport-security" not in twice.head


def test_static_files_and_htmx_parts_are_served(web: Served) -> None:
    page = web.ask("/login/").body.decode()
    script = page.partition('src="/static/')[2].partition('"')[0]
    file = web.ask(f"/static/{script}")
    assert (file.status, "immutable" in file.head or "max-age" in file.head) == (200, True)
    assert len(file.body) == (Path(request_bodies.__file__).parents[3] / "static" / script).stat().st_size
    part = web.ask("/studio/", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/studio/"})
    assert (part.status, "hx-redirect: /login/" in part.head) == (401, True)


def hanging(database: str) -> int:
    """Return how many sessions wait for the lock on the table of sessions."""
    waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'browser_session'::regclass AND NOT granted"
    with psycopg.connect(database) as owner:
        return int(owner.execute(waiting).fetchone()[0])  # type: ignore[index]


def test_a_client_that_goes_away_in_the_queue_takes_its_request_along(plain: Served, database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("LOCK TABLE browser_session IN ACCESS EXCLUSIVE MODE")
        links = [plain.connect() for _ in range(60)]
        for link in links:
            link.sendall(f"GET /studio/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={'a' * 32}\r\n\r\n".encode())
        wait_until(lambda: hanging(database) > 0, "a request that the lock holds up")
        stays(lambda: hanging(database) > 0, "the requests wait", seconds=0.5)
        for link in links:
            link.close()
        stays(lambda: hanging(database) > 0, "they do while the server learns of it", seconds=0.7)
        owner.rollback()
    assert plain.ask("/studio/", headers={"Cookie": f"sessionid={'a' * 32}"}).seconds < 3


def test_no_log_line_holds_a_token(plain: Served) -> None:
    token = secrets.token_hex(20)
    assert plain.ask(f"/w/{token}").status == 404
    told = plain.log.read_text()
    assert f"/w/{token[:6]}" in told
    assert token not in told
    plain.ask("/report/?secret=1&next=%0Aforged")
    plain.ask("/%0Aforged")
    lines = [line for line in plain.log.read_text().splitlines() if "web.access" in line]
    assert [line for line in lines if "/report/" in line and "client=127.0.0.1" in line and "status=200" in line]
    assert not [line for line in lines if "secret" in line or line.startswith("forged")], "no query, no forged line"


# Without a process: the same code, with its clock turned faster.


async def drip() -> dict[str, object]:
    await asyncio.sleep(0.05)
    return {"type": "http.request", "body": b"x", "more_body": True}


def body_in(folder: Path, budget: DiskBudget | None = None) -> RequestBody:
    return RequestBody(folder, budget or DiskBudget(10 * MB, 5 * MB), "203.0.113.7")


def test_a_dripping_body_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "GRACE_SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(BodyRefused) as caught, closing(body_in(tmp_path)) as body:
        asyncio.run(read_body(drip, body, BodyLimit(MB), None))
    assert caught.value.status == 408
    assert time.monotonic() - began < 2


def test_room_on_disk_is_counted_by_client_and_in_all(tmp_path: Path) -> None:
    budget = DiskBudget(2 * MB, MB)
    with ExitStack() as stack:

        def body(client: str, octets: int) -> RequestBody:
            made = RequestBody(tmp_path, budget, client)
            stack.callback(made.close)
            made.write(b"x" * octets)
            return made

        first = body("a", MB)
        with pytest.raises(BodyRefused) as caught:
            body("a", 100_000)
        assert caught.value.status == 503
        body("b", MB)
        with pytest.raises(BodyRefused):
            body("c", 100_000)
        body("c", 60_000)  # small ones need no disk
        first.close()
        first.close()
        body("c", 100_000)


@pytest.mark.parametrize(
    ("path", "octets"),
    [("/report/", 6 * MB), ("/report/task", 64 * 1024), ("/f/code/", 64 * 1024), ("/apply/form/record/", 64 * 1024),
     ("/studio/imports/new/", 512 * MB), ("/api/v1/imports", 512 * MB), ("/api/v1/moves", 512 * MB),
     ("/api/v1/contacts", 12 * MB), ("/desk/mail/", 24 * MB), ("/", 64 * 1024), ("//studio/imports/new/", 64 * 1024)],
)  # fmt: skip
def test_limits_by_path(path: str, octets: int) -> None:
    limit = limit_of(path)
    assert limit.octets == octets
    assert limit.members_only == (octets > 6 * MB)


def test_an_answer_that_nobody_reads_frees_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator is closed where it ran, so that its transaction ends."""
    monkeypatch.setattr(wsgi_bridge, "STALL_SECONDS", 0.3)
    ended: list[str] = []

    def endless(_environ: object, start: object) -> Iterator[bytes]:
        assert callable(start)
        start("200 OK", [("Content-Type", "text/csv")])
        try:
            while True:
                yield b"x" * wsgi_bridge.PIECE_OCTETS
        finally:
            ended.append("closed")

    async def read_one() -> bytes:
        exchange = wsgi_bridge.Exchange(endless, {"PATH_INFO": "/"}, asyncio.get_running_loop())
        work = asyncio.get_running_loop().run_in_executor(None, exchange.run)
        first = await exchange.next()
        await asyncio.wait_for(work, 5)
        return first.body

    assert len(asyncio.run(read_one())) == wsgi_bridge.PIECE_OCTETS
    assert ended == ["closed"]


def test_the_access_log_has_a_line_for_each_request_if_it_is_on(plain: Served, over_tls: Served) -> None:
    """Without the query, in which tokens and addresses may be; and none where it isn't turned on."""
    path, secret = f"/nowhere-{secrets.token_hex(4)}", secrets.token_hex(8)
    for web in (plain, over_tls):
        assert web.ask(f"{path}?word={secret}", method="POST", body=b"a=1", headers=FORM).status in (403, 404)

    def lines(web: Served) -> list[str]:
        return [line for line in web.log.read_text().splitlines() if "[web.access]" in line and path in line]

    (line,) = wait_until(lambda: lines(plain), "a line of the request")
    for part in ("request", "method=POST", f"path={path} ", "status=40", "octets=", "seconds=", "client=127.0.0.1"):
        assert part in line, line
    assert secret not in plain.log.read_text() + over_tls.log.read_text()
    assert lines(over_tls) == []

"""Attacks on events and webhooks: strangers, keys without the scope, cursors, private addresses, hostile receivers."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from mailflatrate.apps.accounts.models import KeyScope, Role
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.actions.endpoints import EndpointOrder
from mailflatrate.apps.events.models import WebhookEndpoint
from mailflatrate.base import tenancy
from mailflatrate.base.outbox.writing import emit
from mailflatrate.mail.signing.webhook_signature import new_secret, signed_headers
from mailflatrate.rules.events import EventType
from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from mailflatrate.wire.push import PushChannel, PushResult, PushTarget
from support.api import program, program_of
from support.customers import Customer
from support.people import browser, person

LOOPBACK = (ip_network("127.0.0.0/8"),)
BODY = b'{"type":"x"}'


ZONE: dict[str, dict[str, list[str]]] = {
    "inside.example": {"A": ["127.0.0.1"]},
    "both.example": {"A": ["10.0.0.1"], "AAAA": ["::1"]},
    "2130706433": {"A": ["127.0.0.1"]},
}


@pytest.fixture(scope="module")
def names() -> Iterator[DnsResolver]:
    with ZoneServer(ZONE) as dns:
        yield DnsResolver([dns.nameserver], timeout_seconds=2)


def post(url: str, networks: Any = (), names: Any = None, seconds: float = 5.0) -> PushResult:
    with Deadline(seconds) as deadline, PushChannel(PushTarget(url, names, networks), deadline) as channel:
        return channel.post(BODY, {})


INSIDE = ("127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "2130706433")
INSIDE += ("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]")


@pytest.mark.parametrize("url", [f"https://{host}/latest" for host in INSIDE])
def test_private_addresses_are_refused(url: str, names: DnsResolver) -> None:
    found = post(url, names=names)
    assert found.status is None and "public" in found.answer


@pytest.mark.parametrize(
    "url", ["http://93.184.216.34/", "https://93.184.216.34:8443/", "ftp://93.184.216.34/", "https:///x"]
)
def test_only_https_at_its_port(url: str) -> None:
    assert post(url).status is None


@pytest.mark.parametrize("host", ["inside.example", "both.example"])
def test_a_name_that_leads_inside_is_refused_at_each_connection(names: DnsResolver, host: str) -> None:
    """What was resolved is judged and connected to; a name is not resolved a second time in between."""
    assert "public" in post(f"https://{host}/", names=names).answer
    assert "public" in post(f"https://{host}/", networks=(ip_network("10.1.0.0/16"),), names=names).answer


@contextmanager
def server(act: Callable[[socket.socket], None]) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        try:
            link, _peer = listening.accept()
        except OSError:
            return
        with link:
            link.recv(65536)
            try:
                act(link)
            except OSError:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        listening.close()
        thread.join(5)


def endless_body(link: socket.socket) -> None:
    link.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(2000):
        link.sendall(b"x" * 65536)


def endless_header(link: socket.socket) -> None:
    link.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        link.sendall(b"X-%d: y\r\n" % number)


def dripping(link: socket.socket) -> None:
    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        link.sendall(b"x")
        threading.Event().wait(0.05)


def nonsense(link: socket.socket) -> None:
    link.sendall(b"\x00\xff\x00 not HTTP\r\n\r\n")


@pytest.mark.parametrize("act", [endless_body, endless_header, dripping, nonsense])
def test_a_hostile_receiver_costs_little(act: Callable[[socket.socket], None]) -> None:
    began = time.monotonic()
    with server(act) as url:
        try:
            found = post(url, LOOPBACK, seconds=1.5)
        except TimeoutError:
            found = None
    assert time.monotonic() - began < 30
    assert found is None or len(found.answer) <= 500


def test_forged_and_old_calls_are_refused_by_the_independent_library() -> None:
    secret, now = new_secret(), datetime.now(UTC)
    good = signed_headers([secret], "evt_1", now, BODY)
    assert Webhook(secret).verify(BODY, good)
    for body, headers in (
        (BODY + b" ", good),
        (BODY, {**good, "webhook-id": "evt_2"}),
        (BODY, {**good, "webhook-timestamp": str(int(now.timestamp()) + 1)}),
        (BODY, signed_headers([new_secret()], "evt_1", now, BODY)),
        (BODY, signed_headers([secret], "evt_1", now - timedelta(minutes=6), BODY)),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)
    both = signed_headers([new_secret(), secret], "evt_1", now, BODY)
    assert Webhook(secret).verify(BODY, both)


@pytest.fixture(scope="module")
def two(database: str) -> tuple[Customer, Customer]:
    assert database
    return Customer.vetted("Lindenhof", "Anna Lindner"), Customer.vetted("Nordstern", "Carla Clausen")


def test_a_cursor_works_in_its_account_only(two: tuple[Customer, Customer]) -> None:
    anna, carla = two
    with tenancy.account(anna.account_id):
        emit(EventType.COMPLAINT_RECEIVED, {"campaign_id": 7})
    mine = program_of(anna).get("/events")
    assert [item["data"] for item in mine["items"] if item["type"] == "complaint.received"] == [{"campaign_id": 7}]
    assert program_of(anna).get(f"/events?after={mine['next']}")["items"] == []
    theirs = program_of(carla)
    assert not [item for item in theirs.get("/events")["items"] if item["type"] == "complaint.received"]
    for cursor in (mine["next"], mine["next"][:-2] + "AA", "AAAA", "null"):
        assert theirs.refused("GET", f"/events?after={cursor}") == (422, "invalid")


def test_keys_need_the_scope(two: tuple[Customer, Customer]) -> None:
    anna, carla = two
    weak = program(anna.account_id, anna.owner, [each for each in KeyScope if each not in ("events", "webhooks")])
    with tenancy.account(anna.account_id):
        order = EndpointOrder("https://crm.lindenhof.example/hook")
        webhook_id = endpoints.create_endpoint(order, by=anna.owner).endpoint.id
    assert weak.refused("GET", "/events") == (403, "scope-missing")
    ways: dict[str, Any] = {
        "GET ": None,
        "GET /attempts": None,
        "PATCH ": {"about": "x"},
        "POST /rotate-secret": None,
        "POST /switch": {"is_on": False},
        "POST /replay": {"since": "2026-11-27T00:00:00Z"},
        "POST /test": None,
        "POST /delete": None,
    }
    for way, data in ways.items():
        method, _space, part = way.partition(" ")
        path = f"/webhooks/{webhook_id}{part}"
        assert weak.refused(method, path, data) == (403, "scope-missing"), path
        assert program_of(carla).refused(method, path, data) == (404, "not-found"), path
    assert weak.refused("POST", "/webhooks", {"url": "https://x.example/"}) == (403, "scope-missing")


@pytest.mark.parametrize("role", [Role.EDITOR, Role.AUTHOR, Role.VIEWER])
def test_roles_without_keys_see_no_webhooks(two: tuple[Customer, Customer], role: Role) -> None:
    anna, _carla = two
    client = browser(person(anna.account_id, f"Ben {role}", role))
    assert client.get("/studio/webhooks/").status_code == 403
    assert client.post("/studio/webhooks/new/", {"url": "https://x.example/"}).status_code == 403


def test_the_secret_is_shown_once(two: tuple[Customer, Customer]) -> None:
    anna, _carla = two
    shop = program_of(anna)
    made = shop.post("/webhooks", {"url": "https://crm.lindenhof.example/once"}, 201)
    assert made["secret"].startswith("whsec_")
    assert "secret" not in shop.get(f"/webhooks/{made['id']}")
    with tenancy.account(anna.account_id):
        row = WebhookEndpoint.objects.get(id=made["id"])
    assert made["secret"] not in row.secrets_sealed
    row.url = "https://elsewhere.example/"
    with pytest.raises(ValueError):
        row.open_secrets()


def test_waiting_without_the_server_answers_at_once(two: tuple[Customer, Customer]) -> None:
    """Nothing from outside makes a request wait in a thread, nor names another account to wait for."""
    shop = program_of(two[0])
    began = time.monotonic()
    after = shop.get("/events?after=now")["next"]
    assert shop.get(f"/events?after={after}&wait=25", **{"mailflatrate.wait_for": "1"})["items"] == []
    assert time.monotonic() - began < 20
    assert shop.refused("GET", f"/events?after={after}&wait=26")[0] == 422

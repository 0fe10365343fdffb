"""DNS blocklists (RFC 5782) and the age of domains (RFC 9083), from servers on this host."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mailflatrate.wire.dns import DnsResolver, ZoneServer, ask_blocklists
from mailflatrate.wire.registers import find_registration

ZONE = {
    "2.2.0.192.ips.test": {"A": ["127.0.0.2", "127.0.0.4"]},
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ips.test": {"A": ["127.0.0.3"]},
    "listed.com.names.test": {"A": ["127.0.1.2"]},
    "refused.com.names.test": {"A": ["127.255.255.254"]},
    "broken.com.names.test": {"A": ["127.0.0.1"]},
    "hijacked.com.names.test": {"A": ["203.0.113.7"]},
    "silent.com.names.test": {"SERVFAIL": [""]},
}


@pytest.mark.parametrize(
    ("what", "zone", "listed"),
    [
        ("192.0.2.2", "ips.test", True),
        ("192.0.2.3", "ips.test", False),
        ("2001:db8::1", "ips.test", True),
        ("Listed.com.", "names.test", True),
        ("honest.com", "names.test", False),
        ("refused.com", "names.test", None),
        ("broken.com", "names.test", None),
        ("hijacked.com", "names.test", None),
        ("silent.com", "names.test", None),
    ],
)
def test_only_a_sound_answer_counts(what: str, zone: str, listed: bool | None) -> None:
    """A list that refuses us, lists 127.0.0.1, or has another party answering for its name gives no result."""
    with ZoneServer(ZONE) as dns:
        (found,) = ask_blocklists(DnsResolver([dns.nameserver], timeout_seconds=2), [what], [zone])
    assert (found.listed, found.blocklist) == (listed, zone)


class _Registry(BaseHTTPRequestHandler):
    answers = {
        "/domain/old.com": {
            "events": [
                {"eventAction": "last changed", "eventDate": "2024-01-01T00:00:00Z"},
                {"eventAction": "registration", "eventDate": "2001-02-03T04:05:06Z"},
            ]
        },
        "/domain/vague.com": {"events": [{"eventAction": "expiration", "eventDate": "2031-01-01T00:00:00Z"}]},
        "/domain/odd.com": ["events"],
    }

    def do_GET(self) -> None:
        body = self.answers.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", self.headers["Accept"])
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_registry_tells_the_age(registry: str) -> None:
    resolver = DnsResolver(["127.0.0.1:1"], timeout_seconds=0.2)
    found = find_registration("old.com", registry, resolver, private=True)
    assert found.at == datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    for domain, problem in (("vague.com", "does not say"), ("odd.com", "does not say"), ("none.com", "HTTP 404")):
        unknown = find_registration(domain, registry, resolver, private=True)
        assert unknown.at is None
        assert problem in unknown.problem
    assert find_registration("old.com", "", resolver).problem == "switched off"
    inside = "http://127.0.0.1/rdap"
    assert find_registration("old.com", inside, resolver).problem == "the address is not public"

"""Companies by their VAT ID: answers as VIES gives them, and all that can go wrong with a server that isn't ours."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import pytest

from mailflatrate.wire import registers as vies
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from mailflatrate.wire.registers import VatStatus, find_vat

# Recorded from the REST service; names and numbers replaced.
AUSTRIA = {
    "isValid": True,
    "requestDate": "2026-11-27T12:00:00.000Z",
    "userError": "VALID",
    "name": "Blumen Huber GmbH",
    "address": "Hauptstraße 3\nAT-1010 Wien",
    "requestIdentifier": "",
    "originalVatNumber": "U12345675",
    "vatNumber": "U12345675",
    "viesApproximate": {"name": "---", "street": "---", "matchName": 3},
}
GERMANY = {**AUSTRIA, "name": "---", "address": "---"}
NETHERLANDS = {**AUSTRIA, "name": "BLOEMEN B.V.", "address": "\nKEIZERSGRACHT 00123\n1015CJ AMSTERDAM\n"}
NO_SUCH = {"isValid": False, "userError": "INVALID", "name": "---", "address": "---"}
BUSY = {"isValid": False, "userError": "MS_MAX_CONCURRENT_REQ", "name": "---", "address": "---"}
ANSWERS = {
    "/ms/AT/vat/U12345675": json.dumps(AUSTRIA).encode(),
    "/ms/DE/vat/136695976": json.dumps(GERMANY).encode(),
    "/ms/NL/vat/001234567B01": json.dumps(NETHERLANDS).encode(),
    "/ms/AT/vat/U99999999": json.dumps(NO_SUCH).encode(),
    "/ms/AT/vat/U00000000": json.dumps(BUSY).encode(),
    "/ms/FR/vat/11": b"<html>Wartung</html>",
    "/ms/FR/vat/12": b"[" * 100_000,
    "/ms/FR/vat/123": json.dumps({"isValid": True, "name": ["x"], "address": {"a": 1}}).encode(),
    "/ms/FR/vat/1234": json.dumps({"isValid": True, "name": "x" * 5000, "address": "y\n" * 90}).encode(),
    "/ms/FR/vat/12345": json.dumps({"isValid": True, "name": "x" * 500_000, "address": ""}).encode(),
    "/ms/FR/vat/123456": b'{"isValid": "yes"}',
    "/ms/FR/vat/1234567": b"7",
}

WAITED_ENOUGH = threading.Event()


class Register(BaseHTTPRequestHandler):
    """A server that answers as recorded, and once very slowly."""

    def do_GET(self) -> None:
        if self.path == "/ms/FR/vat/00":
            WAITED_ENOUGH.wait(2)
        body = ANSWERS.get(self.path)
        self.send_response(200 if body is not None else 500)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        try:
            self.wfile.write(body or b"{}")
        except OSError:
            return

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def register() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Register)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://vies.example:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def resolver() -> Iterator[DnsResolver]:
    with ZoneServer({"vies.example": {"A": ["127.0.0.1"]}}) as dns:
        yield DnsResolver([dns.nameserver], timeout_seconds=2)


def test_a_company_is_read(register: str, resolver: DnsResolver) -> None:
    found = find_vat("at u12345675", register, resolver, private=True)
    assert (found.status, found.name) == (VatStatus.VALID, "Blumen Huber GmbH")
    assert (found.street, found.postcode, found.city) == ("Hauptstraße 3", "1010", "Wien")
    dutch = find_vat("NL001234567B01", register, resolver, private=True)
    assert (dutch.street, dutch.postcode, dutch.city) == ("KEIZERSGRACHT 00123", "1015CJ", "AMSTERDAM")


def test_a_register_that_names_nobody(register: str, resolver: DnsResolver) -> None:
    found = find_vat("DE 136 695 976", register, resolver, private=True)
    assert (found.status, found.name, found.street) == (VatStatus.VALID, "", "")


def test_only_the_member_state_says_invalid(register: str, resolver: DnsResolver) -> None:
    assert find_vat("ATU99999999", register, resolver, private=True).status is VatStatus.INVALID
    busy = find_vat("ATU00000000", register, resolver, private=True)
    assert (busy.status, busy.problem) == (VatStatus.NOT_CHECKED, "MS_MAX_CONCURRENT_REQ")


@pytest.mark.parametrize("number", ["FR11", "FR12", "FR12345", "FR123456", "FR1234567", "FR99"])
def test_nonsense_means_not_checked(register: str, resolver: DnsResolver, number: str) -> None:
    """A page, endless brackets, more than is read, no truth value, a bare number, an error of the server."""
    assert find_vat(number, register, resolver, private=True).status is VatStatus.NOT_CHECKED


def test_texts_are_bounded(register: str, resolver: DnsResolver) -> None:
    odd = find_vat("FR123", register, resolver, private=True)
    assert (odd.status, odd.name, odd.street) == (VatStatus.VALID, "", "")
    long = find_vat("FR1234", register, resolver, private=True)
    assert len(long.name) <= 200
    assert len(long.street) <= 200


@pytest.mark.parametrize(
    "number", ["", "keine, weil Verein", "DE", "D1", "DE" + "1" * 500, "DE1&x", "de1?x=1", "DE%2e"]
)
def test_what_is_no_number_is_not_asked_for(resolver: DnsResolver, number: str) -> None:
    assert find_vat(number, "http://127.0.0.1:9", resolver).status is VatStatus.INVALID


def test_other_countries_and_a_register_that_is_off(resolver: DnsResolver) -> None:
    assert find_vat("US123456789", "http://127.0.0.1:9", resolver).problem == "no member state"
    assert find_vat("DE136695976", "", resolver).problem == "switched off"


def test_it_leads_only_to_public_addresses(register: str, resolver: DnsResolver) -> None:
    assert find_vat("DE136695976", register, resolver).status is VatStatus.NOT_CHECKED


def test_nobody_waits_long(register: str, resolver: DnsResolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vies, "MOST_SECONDS", 0.3)
    began = monotonic()
    assert find_vat("FR00", register, resolver, private=True).status is VatStatus.NOT_CHECKED
    assert monotonic() - began < 8
    WAITED_ENOUGH.set()

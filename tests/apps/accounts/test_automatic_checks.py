"""What is looked up about an applicant: DNS and web pages on real sockets, and accounts that had to go."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex

import pytest

from mailflatrate.apps.accounts.actions import account_status
from mailflatrate.apps.accounts.actions.account_status import Reasons
from mailflatrate.apps.accounts.automatic_checks import ApplicantProfile, check_applicant, read_application
from mailflatrate.apps.accounts.models import AccountStatus
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import NoPlatform, PlatformReason
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.customers import RECORD, Customer
from support.people import operator

PAGE = b"<html><head><script>var hidden = 1</script></head><body><p>Imprint of <b>Lindenhof</b></p></body></html>"
ZONE = {
    "lindenhof.example": {
        "A": ["127.0.0.1"],
        "MX": ["10 mx.lindenhof.example"],
        "TXT": ["v=spf1 -all"],
    },
    "mx.lindenhof.example": {"A": ["127.0.0.1"]},
    "_dmarc.lindenhof.example": {"TXT": ["v=DMARC1; p=none"]},
    "mute.example": {"SILENT": []},
    "_dmarc.mute.example": {"SILENT": []},
}


class Site(BaseHTTPRequestHandler):
    """A website with an imprint and nothing else."""

    def do_GET(self) -> None:
        found = self.path == "/imprint"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE if found else b"")

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://lindenhof.example:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def dns() -> Iterator[ZoneServer]:
    with ZoneServer(ZONE) as server:
        yield server


@pytest.fixture(scope="module")
def resolver(dns: ZoneServer) -> DnsResolver:
    return DnsResolver([dns.nameserver])


def profile(site: str, email: str = "anna@lindenhof.example") -> ApplicantProfile:
    record = {key: str(value) for key, value in RECORD.items()}
    record |= {"website": f"{site}/", "imprint_url": f"{site}/imprint", "form_url": ""}
    return ApplicantProfile(email, record, ())


def test_pages_are_read_as_a_visitor_reads_them(site: str, resolver: DnsResolver) -> None:
    facts = check_applicant(profile(site), resolver, private=True)
    assert facts.imprint.reachable is True
    assert "Lindenhof" in facts.imprint.text and "hidden" not in facts.imprint.text
    assert (facts.website.reachable, facts.website.text) == (False, "")
    assert (facts.form.url, facts.form.reachable) == ("", None), "none was named"
    assert (facts.mx.there, facts.spf.there, facts.dmarc.there) == (True, True, True)


def test_what_cannot_be_asked_stays_open(site: str, dns: ZoneServer) -> None:
    asked = profile(site, "anna@mute.example")
    resolver = DnsResolver([dns.nameserver], timeout_seconds=0.5)
    facts = check_applicant(replace(asked, record=asked.record | {"website": "", "imprint_url": ""}), resolver)
    assert (facts.mx.there, facts.spf.there, facts.dmarc.there) == (None, None, None)
    assert facts.age.days is None and not facts.lists.asked


def test_the_own_network_is_not_visited(site: str, resolver: DnsResolver) -> None:
    facts = check_applicant(profile(site), resolver)
    assert facts.imprint.reachable is not True and facts.imprint.text == ""


def test_an_account_that_had_to_go_is_recognized_by_what_it_shares() -> None:
    name = f"Eve's bulbs {token_hex(4)}"  # other tests close accounts like hers
    eve, anna = Customer.vetted(name, "Eve Adler"), Customer.applying()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert not [row for row in read_application(anna.account_id).closed if name in row[1]]
    reasons = Reasons("desk_closed", "Spam.", "None.", "R-01", {})
    account_status.change_account_status(eve.account_id, AccountStatus.CLOSED, reasons, by=operator())
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        shared = {what for what, whose in read_application(anna.account_id).closed if whose == f"{name} (closed)"}
    assert {"vat_id", "register_number", "phone", "website"} <= shared


def test_an_application_is_read_by_the_platform_only() -> None:
    anna = Customer.applying()
    with tenancy.account(anna.account_id), pytest.raises(NoPlatform):
        read_application(anna.account_id)

"""Nobody's first confirmation mail goes to a domain that takes none (R-18): the mail waits for the DNS."""

from collections.abc import Iterator

import pytest

from mailflatrate.apps.delivery.confirmations import plan_confirmations
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.domains.models import MailDomain
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import ZoneServer
from support.forms import FormCustomer

pytestmark = pytest.mark.usefixtures("database")

ZONE = {
    "alive.com": {"MX": ["10 mx.alive.com"]},
    "null-mx.com": {"MX": ["0 ."]},
    "broken-dns.com": {"SERVFAIL": [""]},
    "silent-dns.com": {"SILENT": [""]},
}


@pytest.fixture
def world_dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneServer]:
    """The DNS of the world, and a memory without these domains."""
    MailDomain.objects.filter(domain__in=[*ZONE, "nowhere.com"]).delete()
    with ZoneServer(ZONE) as server:
        monkeypatch.setenv("MAILFLATRATE_DNS_SERVERS", server.nameserver)
        load_settings.cache_clear()
        yield server
    monkeypatch.undo()
    load_settings.cache_clear()


def states(lindenhof: FormCustomer, *addresses: str) -> list[tuple[str, str]]:
    rows = [lindenhof.requests(address)[-1] for address in addresses]
    return [(row.state, row.reason) for row in rows]


def test_the_very_first_mail_waits_for_the_dns(lindenhof: FormCustomer, world_dns: ZoneServer) -> None:
    people = ["dora@alive.com", "emil@null-mx.com", "frieda@nowhere.com"]
    for address in people:
        lindenhof.sign_up(address)
    assert world_dns.questions == [], "no form asks the DNS"
    plan_confirmations(lindenhof.account_id)
    assert states(lindenhof, *people) == [
        ("asked", ""),
        ("withheld", "confirmation-address"),
        ("withheld", "confirmation-address"),
    ]
    with tenancy.account(lindenhof.account_id):
        assert Delivery.objects.filter(confirmation_id__isnull=False).count() == 1
    asked = len(world_dns.questions)
    lindenhof.sign_up("gustav@alive.com")
    plan_confirmations(lindenhof.account_id)
    assert len(world_dns.questions) == asked, "remembered"


@pytest.mark.slow
def test_a_dns_that_fails_keeps_nobody_out_and_nobody_waiting(lindenhof: FormCustomer, world_dns: ZoneServer) -> None:
    people = ["dora@broken-dns.com", "emil@silent-dns.com"]
    for address in people:
        lindenhof.sign_up(address)
    plan_confirmations(lindenhof.account_id)
    assert states(lindenhof, *people) == [("asked", ""), ("asked", "")]
    lindenhof.sign_up("frieda@silent-dns.com")
    asked = len(world_dns.questions)
    plan_confirmations(lindenhof.account_id)
    assert len(world_dns.questions) == asked, "the next mail to it doesn't wait again"
    assert states(lindenhof, "frieda@silent-dns.com") == [("asked", "")]

"""Domains that take no mail (R-18): looked up once, remembered, and nobody there is mailed."""

from collections.abc import Callable
from datetime import timedelta

from mailflatrate.apps.domains.mailable import DEAD_KEPT_FOR, known_facts, look_up, want_facts
from mailflatrate.apps.domains.models import MailDomain
from mailflatrate.apps.intake.models import CheckState
from mailflatrate.apps.lists.addresses import judge_address
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.addresses import AddressReason
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.contact_files import HEADER
from support.customers import Customer

Line = Callable[..., str]
ZONE = {"lebt.de": {"MX": ["10 mx.lebt.de."]}, "schweigt.de": {"MX": ["0 ."]}}
DOMAINS = ["lebt.de", "schweigt.de", "gibt-es-nicht.de"]


def test_a_domain_is_asked_once_and_remembered_for_a_while() -> None:
    MailDomain.objects.filter(domain__in=DOMAINS).delete()
    with ZoneServer(ZONE) as dns:
        first = look_up(DOMAINS, DnsResolver([dns.nameserver]))
    assert {domain: (facts.resolves, facts.null_mx) for domain, facts in first.items()} == {
        "lebt.de": (True, False),
        "schweigt.de": (True, True),
        "gibt-es-nicht.de": (False, False),
    }
    assert known_facts(DOMAINS) == first, "the DNS is gone, its replied to are not"
    with clock.frozen_at(clock.now() + DEAD_KEPT_FOR + timedelta(minutes=1)):
        assert list(known_facts(DOMAINS)) == ["lebt.de"], "what takes no mail today may be mended tomorrow"


def test_a_dns_out_of_reach_refuses_nobody(anna: Customer) -> None:
    nobody = DnsResolver(["127.0.0.1:1"], timeout_seconds=0.3)
    with tenancy.account(anna.account_id):
        assert look_up(["unbekannt-und-unerreichbar.de"], nobody) == {}
        assert judge_address("anna@unbekannt-und-unerreichbar.de").accepted
        want_facts({"unbekannt-und-unerreichbar.de", "x.example"})


def test_people_at_dead_domains_of_an_import_are_kept_out(anna: Customer, line: Line) -> None:
    """This includes contacts who would have left quarantine by a decision."""
    with ZoneServer(ZONE) as dns:
        look_up(DOMAINS, DnsResolver([dns.nameserver]))
    rows = [line(f"dora@{domain}") for domain in DOMAINS]
    done = anna.bring("\n".join([HEADER, *rows]))
    assert (done.accepted, done.quarantined) == (1, {"domain_takes_no_mail": 1, "domain_unknown": 1})
    assert done.figures is not None
    assert done.figures["dead_domains"] == ["gibt-es-nicht.de", "schweigt.de"]
    assert done.check_state == CheckState.CLEAR, "two of three say little in a small file"
    with tenancy.account(anna.account_id):
        assert set(Subscription.objects.values_list("contact__email", "state")) == {
            ("dora@lebt.de", "confirmed"),
            ("dora@schweigt.de", "quarantined"),
            ("dora@gibt-es-nicht.de", "quarantined"),
        }
        assert judge_address("erik@gibt-es-nicht.de").reason is AddressReason.DOMAIN_UNKNOWN
        assert judge_address("erik@schweigt.de").reason is AddressReason.DOMAIN_TAKES_NO_MAIL

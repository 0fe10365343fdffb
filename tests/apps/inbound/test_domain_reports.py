"""Aggregate reports from receivers: kept, counted once, and shown with the domain they belong to."""

import base64
import gzip
import time

from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.actions import process_batch
from mailflatrate.apps.inbound.models import DomainReport, RawMailState
from mailflatrate.apps.inbound.queries import domain_figures, own_domain_figures
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings import load_settings
from support import desk as operator_desk
from support.cast import per_module
from support.customers import Customer
from support.people import browser
from support.returned_mail import SentCampaign, arrive, desk, plain, sent_campaign
from support.scope import within

case = per_module(sent_campaign, people=1)
"""Anna sends from lindenhof.example."""


def report(domain: str, report_id: str, passed: int = 9, failed: int = 1) -> bytes:
    now = int(time.time())
    rows = "".join(
        f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><dkim>{verdict}</dkim>"
        f"<spf>fail</spf></policy_evaluated></row></record>"
        for ip, count, verdict in (("192.0.2.1", passed, "pass"), ("198.51.100.66", failed, "fail"))
    )
    xml = (
        f"<feedback><report_metadata><org_name>Provider</org_name><report_id>{report_id}</report_id><date_range>"
        f"<begin>{now - 90_000}</begin><end>{now - 3_600}</end></date_range></report_metadata>"
        f"<policy_published><domain>{domain}</domain></policy_published>{rows}</feedback>"
    )
    head = (
        f"From: dmarc@provider.example\r\nTo: dmarc@x.example\r\nSubject: Report Domain: {domain} Submitter: x\r\n"
        f'Content-Type: application/gzip; name="provider!{domain}!1!2.xml.gz"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(gzip.compress(xml.encode(), mtime=0))


def test_the_address_that_customers_publish_is_taken(case: SentCampaign) -> None:
    assert case
    domains = intake.our_domains()
    for role in ("dmarc", "tls-reports"):
        assert intake.refusal(desk(role), domains) is None


def test_every_domain_that_we_use_has_its_roles_and_takes_its_bounces(case: SentCampaign) -> None:
    """R-76: even the service's own bounce host, where its messages to users bounce (RFC 5321 section 4.5.1)."""
    own = load_settings().service_domain
    domains = intake.our_domains()
    for domain in (own, f"bounce.{own}", "bounce.lindenhof.example"):
        for role in ("abuse", "postmaster"):
            assert intake.refusal(f"{role}@{domain}", domains) is None, domain
    token = key_ring().seal(TokenPurpose.VERP, case.anna.account_id, case.delivery_ids[0])
    assert intake.refusal(f"b+{token}@bounce.{own}", domains) is None
    for stranger in (f"b+{'0' * 40}@bounce.{own}", "abuse@elsewhere.example", f"nobody@bounce.{own}"):
        assert (intake.refusal(stranger, domains) or "").startswith("550"), stranger


def test_a_report_is_counted_once_for_the_account_of_the_domain(case: SentCampaign) -> None:
    mail = arrive(report("lindenhof.example", "one"), desk("dmarc"))
    assert (mail.state, mail.kind) == (RawMailState.HANDLED, "report")
    arrive(report("lindenhof.example", "one"), desk("dmarc"))  # receivers repeat themselves
    arrive(report("lindenhof.example", "two", passed=0, failed=5), desk("postmaster"))
    process_batch.read_mail(mail.id, again=True)
    (figures,) = within(case.anna, domain_figures, "lindenhof.example")
    (row,) = figures.reporters
    assert (row.name, row.reports, row.messages, row.passed, row.proved) == ("Provider", 2, 15, 9, False)
    assert figures.failures == [("198.51.100.66", 6)]
    page = case.anna.client.get(f"/studio/senders/{_domain_id(case)}/").content.decode()
    assert "198.51.100.66" in page and "not signed" in page


def test_a_neighbour_sees_nothing_of_it(case: SentCampaign) -> None:
    arrive(report("lindenhof.example", "three"), desk("dmarc"))
    customer = Customer.registered("Nordstern")
    account_id, carla = customer.account_id, customer.owner
    with tenancy.account(account_id):
        assert DomainReport.objects.count() == 0
        assert domain_figures("lindenhof.example") == []
    assert browser(carla).get(f"/studio/senders/{_domain_id(case)}/").status_code == 404


def test_a_report_on_nobodys_domain_is_the_operators(case: SentCampaign) -> None:
    """An account can't read about a domain by naming it if it does not send from it."""
    own = load_settings().service_domain
    arrive(report(own, "own", passed=3, failed=0), desk("dmarc"))
    with tenancy.account(case.anna.account_id):
        SenderDomain.objects.create(name=own)  # claimed, never proved
        assert domain_figures(own) == []
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert [figures.messages for figures in own_domain_figures()] == [3]
    assert "Provider" in operator_desk.desk().page("figures/")


def test_what_is_no_report_bothers_nobody(case: SentCampaign) -> None:
    assert case
    mail = arrive(plain("eve@spam.example", desk("dmarc"), "Cheap", "x"), desk("dmarc"))
    assert (mail.state, mail.reason) == (RawMailState.APART, "it contains no report")


def _domain_id(case: SentCampaign) -> int:
    with tenancy.account(case.anna.account_id):
        return SenderDomain.objects.get(name="lindenhof.example").id

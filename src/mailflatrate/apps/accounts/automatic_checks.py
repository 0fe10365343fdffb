"""Automatic checks before a person reads an application (R-03), with all access through `wire`; what cannot be
determined says "not checked", and stays open.
"""

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from mailflatrate.apps.accounts.facts import record_of
from mailflatrate.apps.accounts.models import AccountStatus, Application, Membership, Role
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.addresses import is_freemail
from mailflatrate.rules.names.domains import registrable
from mailflatrate.rules.vetting.signals import (
    AgeFacts,
    DnsFacts,
    ListFacts,
    PageFacts,
    SignalFacts,
    SignalResult,
    VatFacts,
    host_of,
    plain_number,
    plain_phone,
    signals,
)
from mailflatrate.settings import load_settings
from mailflatrate.settings.schema import blocklists
from mailflatrate.wire.dns import (
    DmarcStatus,
    DnsResolver,
    Resolver,
    SpfStatus,
    ask_blocklists,
    find_dmarc,
    find_mx,
    find_spf,
)
from mailflatrate.wire.registers import VatStatus, find_registration, find_vat
from mailflatrate.wire.web import FetchedPage, WebStatus, fetch_page

LONGEST_TEXT = 200_000
_GONE = (AccountStatus.CLOSED, AccountStatus.SUSPENDED, AccountStatus.REJECTED)
_NO_PAGE = PageFacts("", None)


@dataclass(frozen=True, slots=True)
class ApplicantProfile:
    email: str
    record: dict[str, str]
    closed: tuple[tuple[str, str], ...]


@tenancy.needs_platform
def read_application(account_id: int) -> ApplicantProfile:
    application = Application.objects.get(account_id=account_id)
    owners = Membership.objects.filter(account_id=account_id, role=Role.OWNER).select_related("user").order_by("id")
    first = owners.first()
    record = {key: str(value or "") for key, value in record_of(application).items()}
    email = first.user.email if first else ""
    return ApplicantProfile(email, record, _same_as_gone(account_id, record, email))


def _same_as_gone(account_id: int, record: dict[str, str], email: str) -> tuple[tuple[str, str], ...]:
    gone = Application.objects.filter(account__status__in=_GONE).exclude(account_id=account_id)
    mine = _marks(record, email)
    matches = []
    for other in gone.select_related("account").order_by("id"):
        owners = Membership.objects.filter(account_id=other.account_id, role=Role.OWNER)
        owner = owners.select_related("user").order_by("id").first()
        theirs = _marks(
            {key: str(value or "") for key, value in record_of(other).items()}, owner.user.email if owner else ""
        )
        for what, value in mine.items():
            if value and theirs[what] == value:
                matches.append((what, f"{other.account.name} ({AccountStatus(other.account.status).value})"))
    return tuple(matches)


def _marks(record: dict[str, str], email: str) -> dict[str, str]:
    """Return the values that identify a company. A value without a digit means there is no number and is ignored."""
    domain = domain_of(email)
    vat, register = plain_number(record["vat_id"]), plain_number(record["register_number"])
    return {
        "vat_id": vat if any(char.isdigit() for char in vat) else "",
        "register_number": register if any(char.isdigit() for char in register) else "",
        "phone": plain_phone(record["phone"]),
        "website": host_of(record["website"]),
        "domain": "" if is_freemail(domain) else domain,
    }


def gathered(account_id: int) -> list[SignalResult]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        asked = read_application(account_id)
    return list(signals(check_applicant(asked, vetting_resolver())))


def vetting_resolver() -> DnsResolver:
    settings = load_settings()
    servers = [server.strip() for server in settings.dns_servers.split(",") if server.strip()]
    return DnsResolver(servers or None, timeout_seconds=settings.dns_timeout_seconds)


def check_applicant(asked: ApplicantProfile, resolver: Resolver, *, private: bool = False) -> SignalFacts:
    domain = domain_of(asked.email)
    mx, spf, dmarc = find_mx(resolver, domain), find_spf(resolver, domain), find_dmarc(resolver, domain)
    return SignalFacts(
        email=asked.email,
        record=asked.record,
        website=_page(asked.record["website"], resolver, private),
        imprint=_page(asked.record["imprint_url"], resolver, private),
        form=_page(asked.record["form_url"], resolver, private),
        mx=DnsFacts(mx.can_receive, mx.found),
        spf=DnsFacts(None if spf.status is SpfStatus.UNKNOWN else spf.status is not SpfStatus.MISSING, spf.found),
        age=_age(domain, asked.record["website"], resolver, private),
        lists=_lists(domain, asked.record["website"], resolver),
        dmarc=DnsFacts(
            None if dmarc.status is DmarcStatus.UNKNOWN else dmarc.status is not DmarcStatus.MISSING, dmarc.found
        ),
        vat=_vat(asked.record["vat_id"], resolver, private),
        closed=asked.closed,
    )


def _vat(number: str, resolver: Resolver, private: bool) -> VatFacts | None:
    if not any(char.isdigit() for char in number):
        return None
    answer = find_vat(number, load_settings().vies_server, resolver, private=private)
    if answer.status is VatStatus.NOT_CHECKED and answer.problem == "no member state":
        return None
    valid = {VatStatus.VALID: True, VatStatus.INVALID: False, VatStatus.NOT_CHECKED: None}[answer.status]
    return VatFacts(valid, answer.name, answer.problem)


def _age(domain: str, website: str, resolver: Resolver, private: bool) -> AgeFacts:
    named = registrable(host_of(website) if is_freemail(domain) else domain)
    if not named:
        return AgeFacts("", None, "no registered domain")
    seen = find_registration(named, load_settings().rdap_server, resolver, private=private)
    days = None if seen.at is None else max((clock.now() - seen.at).days, 0)
    return AgeFacts(named, days, seen.problem)


def _lists(domain: str, website: str, resolver: Resolver) -> ListFacts:
    settings, host = load_settings(), host_of(website)
    names = {registrable(name) for name in (host, "" if is_freemail(domain) else domain) if name} - {""}
    of_names, of_addresses = blocklists(settings.domain_blocklists), blocklists(settings.address_blocklists)
    if not (of_names or of_addresses):
        return ListFacts(asked=False)
    addresses = [*resolver.a(host).values, *resolver.aaaa(host).values] if host and of_addresses else []
    listings = ask_blocklists(resolver, sorted(names), of_names) + ask_blocklists(resolver, addresses, of_addresses)
    return ListFacts(
        True,
        tuple(str(listing) for listing in listings if listing.listed),
        tuple(str(listing) for listing in listings if listing.listed is None),
    )


def _page(url: str, resolver: Resolver, private: bool) -> PageFacts:
    if not url:
        return _NO_PAGE
    seen = fetch_page(url, resolver, private=private)
    reachable = {WebStatus.OK: True, WebStatus.MISSING: False, WebStatus.FAILED: False, WebStatus.UNKNOWN: None}
    return PageFacts(seen.url, reachable[seen.status], _readable(seen), seen.problem)


def _readable(seen: FetchedPage) -> str:
    if not seen.html:
        return ""
    tree = LexborHTMLParser(seen.html)
    tree.strip_tags(["script", "style", "noscript", "template"])
    return (tree.body.text(separator=" ") if tree.body else "")[:LONGEST_TEXT]

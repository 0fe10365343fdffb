"""The single check whether an address may join a list: by form, API, import, by hand, or change of address (R-17 to
R-24). To `rules.addresses` it adds our infrastructure, the account's senders, and DNS results.
"""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailflatrate.apps.domains.mailable import askable, known_facts
from mailflatrate.apps.domains.models import SenderAddress, SenderDomain
from mailflatrate.mail.address import AddressError, canonical_key, parse
from mailflatrate.rules.addresses import AddressDecision, ResolverFacts, decide_address
from mailflatrate.settings.schema import load_settings

DEMONSTRATION_ENDINGS = ("test", "example")


@dataclass(frozen=True, slots=True)
class Surroundings:
    own_domains: frozenset[str]
    own_addresses: frozenset[str]
    allow_reserved: tuple[str, ...]


def surroundings() -> Surroundings:
    """Raises NoAccount."""
    bounce_hosts = {domain.bounce_host for domain in SenderDomain.objects.only("name")}
    own_addresses = set()
    for email in SenderAddress.objects.values_list("email", flat=True):
        with suppress(AddressError):
            own_addresses.add(canonical_key(email))
    return Surroundings(
        own_domains=service_hosts() | bounce_hosts,
        own_addresses=frozenset(own_addresses),
        allow_reserved=reserved_endings(),
    )


def service_hosts() -> frozenset[str]:
    """Addresses there cannot sign up for anything (R-23)."""
    settings = load_settings()
    hosts = (settings.service_domain, settings.helo_name, urlsplit(settings.public_url).hostname or "")
    return frozenset(host for host in hosts if "." in host)


def reserved_endings() -> tuple[str, ...]:
    """Those accepted here; none outside the demonstration."""
    return DEMONSTRATION_ENDINGS if load_settings().demo else ()


def judge_address(text: str, around: Surroundings | None = None) -> AddressDecision:
    """From cached DNS facts. Raises NoAccount without an account or `around`."""
    context = surroundings() if around is None else around
    return decide_address(
        text,
        resolver_facts=dns_facts(text),
        own_domains=context.own_domains,
        own_addresses=context.own_addresses,
        allow_reserved=context.allow_reserved,
    )


def dns_facts(text: str) -> ResolverFacts | None:
    """Cached, without a lookup. Needs no account."""
    try:
        domain = parse(text).domain
    except AddressError:
        return None
    return known_facts([domain]).get(domain) if askable(domain) else None

"""The one way to ask whether an address may come onto a list of this account: form, API, import, by hand, change of
address (R-17 to R-24). The law is `mailflatrate.rules.addresses`; here its question gets what only this installation
knows: our own infrastructure, the account's senders, and what the DNS said about the domain.
"""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailflatrate.apps.domains.actions import configured_resolver
from mailflatrate.apps.domains.mailable import look_up
from mailflatrate.apps.domains.models import SenderAddress, SenderDomain
from mailflatrate.mail.address import AddressError, canonical_key, parse
from mailflatrate.rules.addresses import AddressDecision, ResolverFacts, decide_address
from mailflatrate.rules.addresses.domains import RESERVED_ENDINGS
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import Resolver

DEMONSTRATION_ENDINGS = ("test", "example")
"""Reserved endings that the demonstration's closed network answers for."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What `decide_address` is told besides the address (R-18, R-23)."""

    own_domains: frozenset[str]
    own_addresses: frozenset[str]
    allow_reserved: tuple[str, ...]


def surroundings() -> Surroundings:
    """Ours and the current account's. Raises NoAccount."""
    settings = load_settings()
    hosts = {settings.service_domain, settings.helo_name, urlsplit(settings.public_url).hostname or ""}
    hosts |= {domain.bounce_host for domain in SenderDomain.objects.only("name")}
    own_addresses = set()
    for email in SenderAddress.objects.values_list("email", flat=True):
        with suppress(AddressError):
            own_addresses.add(canonical_key(email))
    return Surroundings(
        own_domains=frozenset(host for host in hosts if "." in host),
        own_addresses=frozenset(own_addresses),
        allow_reserved=DEMONSTRATION_ENDINGS if settings.demo else (),
    )


def judge_address(text: str, *, ask_dns: bool = True, resolver: Resolver | None = None) -> AddressDecision:
    """Decide about one address in the current account. With `ask_dns` the domain is looked up unless it is remembered.

    A DNS that does not answer refuses nobody. Raises NoAccount.
    """
    around = surroundings()
    return decide_address(
        text,
        resolver_facts=_dns_facts(text, resolver) if ask_dns else None,
        own_domains=around.own_domains,
        own_addresses=around.own_addresses,
        allow_reserved=around.allow_reserved,
    )


def askable(domain: str) -> bool:
    """False for domains that the public DNS does not know by design: a closed network answers for them."""
    return domain.rpartition(".")[2] not in RESERVED_ENDINGS


def _dns_facts(text: str, resolver: Resolver | None) -> ResolverFacts | None:
    try:
        domain = parse(text).domain
    except AddressError:
        return None
    if not askable(domain):
        return None
    return look_up([domain], resolver or configured_resolver()).get(domain)

"""Setting up a domain's records at its DNS provider by Domain Connect: who it is, and the link that leads there."""

from dataclasses import dataclass
from typing import Final

from mailflatrate.apps.domains.connect_template import DKIM_BEGINS, SELECTOR_BEGINS, link_signer, template_name
from mailflatrate.apps.domains.models import CheckKind, DomainState, SenderDomain
from mailflatrate.apps.domains.queries import signing_key, waiting_key
from mailflatrate.apps.domains.record_checks import check_record
from mailflatrate.apps.domains.records import records_of
from mailflatrate.rules.facts import DnsState
from mailflatrate.rules.names.domains import registrable
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import Resolver
from mailflatrate.wire.domain_connect import DnsProvider, ProviderLink, apply_url, find_provider

_GROUPS: Final = {
    CheckKind.DKIM: "dkim",
    CheckKind.SPF: "bounce",
    CheckKind.MX: "bounce",
    CheckKind.DMARC: "dmarc",
}


@dataclass(frozen=True, slots=True)
class SetupReturn:
    url: str
    state: str


def is_offered(domain: SenderDomain) -> bool:
    has_link = load_settings().domain_connect_key is not None
    return has_link and domain.state != DomainState.VERIFIED and waiting_key(domain) is None


def provider_of(domain: SenderDomain, link: ProviderLink) -> DnsProvider | None:
    """Return the domain's DNS provider if it can set our records up; None if it can't, or doesn't say."""
    apex = registrable(domain.name)
    return find_provider(domain.name, apex, template_name(load_settings()), link) if apex else None


def setup_url(domain: SenderDomain, provider: DnsProvider, back: SetupReturn, resolver: Resolver) -> str | None:
    """None if no record is left to set up. Asks only for missing groups, and for a DMARC policy only where there is
    none, so that a customer's own, however strict, stays.
    """
    key, signer = signing_key(domain), link_signer()
    if key is None or signer is None or not key.selector.startswith(SELECTOR_BEGINS):
        return None
    groups = []
    for record in records_of(domain, key):
        state = check_record(record, resolver).state
        is_open = state is DnsState.MISSING if record.kind is CheckKind.DMARC else state is not DnsState.OK
        if is_open:
            groups.append(_GROUPS[record.kind])
    if not groups:
        return None
    parameters = {
        "groupId": ",".join(dict.fromkeys(groups)),
        "selector": key.selector.removeprefix(SELECTOR_BEGINS),
        "dkimkey": key.public_record.removeprefix(DKIM_BEGINS),
        "redirect_uri": back.url,
        "state": back.state,
    }
    return apply_url(provider, template_name(load_settings()), parameters, signer)

"""Background jobs of sender domains: DNS and blocklist checks (R-89, R-106)."""

import structlog

from mailflatrate.apps.domains.actions import domains, mailboxes, service
from mailflatrate.apps.domains.mailable import look_up
from mailflatrate.apps.domains.queries import accounts_with_mailboxes, domains_in_use, domains_to_check
from mailflatrate.apps.domains.record_checks import listings_of_service
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.settings.schema import blocklists, load_settings
from mailflatrate.wire.dns import ask_blocklists

log = structlog.get_logger("domains")


@job("domains.remember", JobQueue.HOUSE)
def remember(domain: str) -> None:
    """Ask the DNS whether a domain accepts mail, and remember the answer for the next lookup (R-18)."""
    look_up([domain], domains.configured_resolver())


@job("domains.watch", JobQueue.HOUSE, every="17 * * * *")
def watch(timestamp: int) -> None:
    for account_id, domain_id in domains_to_check():
        with tenancy.account(account_id):
            domains.renew_key(domain_id)
            domain = domains.check_domain(domain_id)
        log.info("domain checked", domain=domain.name, state=domain.state)


@job("domains.check_service", JobQueue.HOUSE)
def check_service() -> None:
    domain = service.check_service_domain(load_settings())
    log.info("service domain checked", state=domain.state if domain is not None else "none")


@job("domains.renew_mailboxes", JobQueue.HOUSE, every="41 4 * * *")
def renew_mailboxes(timestamp: int) -> None:
    for account_id in accounts_with_mailboxes():
        with tenancy.account(account_id):
            mailboxes.renew_mailboxes()


@job("domains.watch_lists", JobQueue.HOUSE, every="53 5 * * *")
def watch_lists(timestamp: int) -> None:
    settings = load_settings()
    of_names, of_addresses = blocklists(settings.domain_blocklists), blocklists(settings.address_blocklists)
    resolver = domains.configured_resolver()
    for listing in listings_of_service(settings, resolver):
        if listing.listed:
            log.error("the service is listed on a blocklist", listing=str(listing))
    if of_names:
        for account_id, domain_id, name in domains_in_use():
            with tenancy.account(account_id):
                domains.keep_listings(domain_id, ask_blocklists(resolver, [name], of_names))
    log.info("blocklists checked", domain_lists=len(of_names), address_lists=len(of_addresses))

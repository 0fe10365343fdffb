"""Whether a domain can receive mail, cached for all accounts (R-18): what it publishes belongs to no account."""

import time
from collections.abc import Callable, Collection
from datetime import timedelta

from mailflatrate.apps.domains.models import MailDomain
from mailflatrate.base import clock, jobs
from mailflatrate.rules.addresses import ResolverFacts
from mailflatrate.rules.addresses.domains import RESERVED_ENDINGS
from mailflatrate.wire.dns import MxFacts, Resolver, ask_domains

KEPT_FOR = timedelta(days=7)
"""How long a domain that accepts mail is assumed to go on accepting it."""
DEAD_KEPT_FOR = timedelta(hours=12)

PATIENCE_SECONDS = 2.0
"""How long a person's confirmation email waits for one DNS answer."""
SILENT_FOR = timedelta(minutes=5)
_silent: dict[str, float] = {}  # domains whose DNS did not answer this process, and until when it does not ask again


def known_facts(domains: Collection[str]) -> dict[str, ResolverFacts]:
    """Return cached facts about these domains (A-labels in lower case) that are still valid."""
    now = clock.now()
    facts = {}
    for row in MailDomain.objects.filter(domain__in=domains):
        if row.checked_at > now - (KEPT_FOR if row.takes_mail else DEAD_KEPT_FOR):
            facts[row.domain] = ResolverFacts(resolves=row.resolves, null_mx=row.null_mx)
    return facts


def look_up(domains: Collection[str], resolver: Resolver) -> dict[str, ResolverFacts]:
    """Return cached facts, and look up the rest. Domains without a DNS answer are missing from the result."""
    facts = known_facts(domains)
    unknown = [domain for domain in sorted(set(domains)) if domain not in facts]
    fresh = {domain: facts_of(seen) for domain, seen in ask_domains(unknown, resolver).items()}
    now = clock.now()
    MailDomain.objects.bulk_create(
        [
            MailDomain(
                domain=domain, resolves=bool(domain_facts.resolves), null_mx=domain_facts.null_mx, checked_at=now
            )
            for domain, domain_facts in fresh.items()
        ],
        update_conflicts=True,
        unique_fields=["domain"],
        update_fields=["resolves", "null_mx", "checked_at"],
        batch_size=1000,
    )
    return facts | fresh


def wait_for_facts(domains: Collection[str], make_resolver: Callable[[float], Resolver]) -> frozenset[str]:
    """Query unknown domains now; returns those that need no further lookup. One whose DNS doesn't answer passes, as if
    it had not been checked (R-18), and a job looks it up. `make_resolver` gets the seconds a query may take.
    """
    names = {domain for domain in domains if askable(domain)}
    now = time.monotonic()
    for domain in [domain for domain, until in _silent.items() if until <= now]:
        _silent.pop(domain, None)
    unknown = names - known_facts(names).keys() - _silent.keys()
    if unknown:
        fresh = look_up(unknown, make_resolver(PATIENCE_SECONDS))
        again_at = time.monotonic() + SILENT_FOR.total_seconds()
        _silent.update((domain, again_at) for domain in unknown - fresh.keys())
    return frozenset(domains)


def want_facts(domains: Collection[str]) -> None:
    """Queue a job that looks up what is not cached; does not block. Part of the current transaction."""
    facts = known_facts(domains)
    for domain in sorted(set(domains)):
        if domain not in facts and askable(domain):
            jobs.defer("domains.remember", jobs.JobQueue.HOUSE, once=f"domain:{domain}", domain=domain)


def askable(domain: str) -> bool:
    """Return False for domains that are not in the public DNS by design, because only a closed network knows them."""
    return domain.rpartition(".")[2] not in RESERVED_ENDINGS


def facts_of(seen: MxFacts) -> ResolverFacts:
    return ResolverFacts(resolves=bool(seen.can_receive) or seen.is_null, null_mx=seen.is_null)

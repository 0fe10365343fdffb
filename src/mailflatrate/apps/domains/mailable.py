"""Can a domain receive mail? Asked of the DNS once for everybody, and remembered (R-18).

Facts of the public DNS belong to no account: the table is shared, and holds nothing but domains and what they publish.
"""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from mailflatrate.apps.domains.models import MailDomain
from mailflatrate.base import clock, jobs
from mailflatrate.rules.addresses import ResolverFacts
from mailflatrate.rules.addresses.domains import RESERVED_ENDINGS
from mailflatrate.wire.dns import Resolver, find_mx

KEPT_FOR = timedelta(days=7)
"""How long a domain that takes mail is believed to go on."""
DEAD_KEPT_FOR = timedelta(hours=12)
"""A domain that takes none may be mended tomorrow."""
QUESTIONS_AT_ONCE = 16
GIVE_UP_AFTER = 2 * QUESTIONS_AT_ONCE
"""So many questions without one answer: the DNS is out of reach, and nothing more is asked."""


def known_facts(domains: Collection[str]) -> dict[str, ResolverFacts]:
    """What is remembered about these domains (A-labels in lower case) and still holds."""
    now = clock.now()
    facts = {}
    for row in MailDomain.objects.filter(domain__in=domains):
        if row.checked_at > now - (KEPT_FOR if row.takes_mail else DEAD_KEPT_FOR):
            facts[row.domain] = ResolverFacts(resolves=row.resolves, null_mx=row.null_mx)
    return facts


def look_up(domains: Collection[str], resolver: Resolver) -> dict[str, ResolverFacts]:
    """Remembered facts, and fresh ones for the others. A domain the DNS could not say anything about is left out."""
    facts = known_facts(domains)
    fresh = ask([domain for domain in sorted(set(domains)) if domain not in facts], resolver)
    now = clock.now()
    MailDomain.objects.bulk_create(
        [
            MailDomain(domain=domain, resolves=bool(found.resolves), null_mx=found.null_mx, checked_at=now)
            for domain, found in fresh.items()
        ],
        update_conflicts=True,
        unique_fields=["domain"],
        update_fields=["resolves", "null_mx", "checked_at"],
        batch_size=1000,
    )
    return facts | fresh


def want_facts(domains: Collection[str]) -> None:
    """Have a job look up what is not remembered; nobody waits for it. Runs in the caller's transaction."""
    known = known_facts(domains)
    for domain in sorted(set(domains)):
        if domain not in known and askable(domain):
            jobs.defer("domains.remember", jobs.Queue.HOUSE, once=f"domain:{domain}", domain=domain)


def askable(domain: str) -> bool:
    """False for domains that the public DNS does not know by design: a closed network answers for them."""
    return domain.rpartition(".")[2] not in RESERVED_ENDINGS


def ask(domains: Iterable[str], resolver: Resolver) -> dict[str, ResolverFacts]:
    """Ask the DNS about each domain, several at once, without a database."""
    waiting = list(domains)
    found: dict[str, ResolverFacts] = {}
    with ThreadPoolExecutor(QUESTIONS_AT_ONCE, thread_name_prefix="dns") as pool:
        for at in range(0, len(waiting), GIVE_UP_AFTER):
            part = waiting[at : at + GIVE_UP_AFTER]
            answers = [answer for answer in pool.map(lambda domain: _ask_one(domain, resolver), part) if answer]
            found.update(answers)
            if not answers and len(part) == GIVE_UP_AFTER:
                break
    return found


def _ask_one(domain: str, resolver: Resolver) -> tuple[str, ResolverFacts] | None:
    seen = find_mx(resolver, domain)
    if seen.can_receive is None:
        return None
    return domain, ResolverFacts(resolves=seen.can_receive or seen.is_null, null_mx=seen.is_null)

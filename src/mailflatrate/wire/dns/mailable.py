"""A check whether domains can receive mail: many lookups at once, with short timeouts for an unreachable DNS."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from mailflatrate.wire.dns.records import MxFacts, find_mx
from mailflatrate.wire.dns.resolver import Resolver

QUESTIONS_AT_ONCE = 16
GIVE_UP_AFTER = 2 * QUESTIONS_AT_ONCE
"""After this many questions without an answer the DNS is out of reach, and nothing more is asked."""


def ask_domains(domains: Iterable[str], resolver: Resolver) -> dict[str, MxFacts]:
    """Look up several domains at once. Those with inconclusive DNS answers are left out."""
    waiting = list(domains)
    found: dict[str, MxFacts] = {}
    with ThreadPoolExecutor(QUESTIONS_AT_ONCE, thread_name_prefix="dns") as pool:
        for at in range(0, len(waiting), GIVE_UP_AFTER):
            part = waiting[at : at + GIVE_UP_AFTER]
            answers = dict(zip(part, pool.map(lambda domain: find_mx(resolver, domain), part), strict=True))
            known = {domain: facts for domain, facts in answers.items() if facts.can_receive is not None}
            found |= known
            if not known and len(part) == GIVE_UP_AFTER:
                break
    return found

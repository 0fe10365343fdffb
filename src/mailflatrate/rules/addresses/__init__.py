"""Who may be on a list, judged by the address alone (R-17 to R-24); the lists are readable text next to the code."""

from mailflatrate.rules.addresses.decide import (
    AddressDecision,
    AddressReason,
    AddressVerdict,
    ResolverFacts,
    check_lines,
    decide_address,
    reason_sentence,
)
from mailflatrate.rules.addresses.providers import is_freemail, suggest_domain
from mailflatrate.rules.addresses.roles import is_refused_role, role_tier

__all__ = [
    "AddressDecision",
    "AddressReason",
    "AddressVerdict",
    "ResolverFacts",
    "check_lines",
    "decide_address",
    "is_freemail",
    "is_refused_role",
    "reason_sentence",
    "role_tier",
    "suggest_domain",
]

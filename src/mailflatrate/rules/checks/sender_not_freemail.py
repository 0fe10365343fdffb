"""R-46 (c): no From at a free-mail provider; its DMARC policy would get the message rejected."""

from mailflatrate.rules.addresses.providers import is_freemail
from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasFrom) -> Params | None:
    domain = facts.from_line.domain
    return {"domain": domain} if is_freemail(domain) else None


CHECK: Check[HasFrom] = Check(
    rule="R-46",
    key="sender-not-freemail",
    places={CheckedChain.CAMPAIGN: 2020},
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="Google answer 81126: do not impersonate Gmail From; DMARC (RFC 9989) of the providers",
    hits=_hits,
    text=RuleText(
        title="From address at your own domain",
        sentence="The From address is at {domain}, a provider of personal mailboxes.",
        why="These providers don't let others send in their name, so mail servers would reject the message.",
        fix="Use an address at your own domain, and set that domain up under Senders.",
    ),
)

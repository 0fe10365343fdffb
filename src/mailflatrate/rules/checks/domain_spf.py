"""R-61: the SPF record of the Return-Path domain includes our servers."""

from mailflatrate.rules.facts import HasSender
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasSender) -> Params | None:
    record = facts.sender.spf
    return None if record.ok else {"domain": facts.sender.return_path_domain, "state": (f"dns.{record.state.value}",)}


CHECK: Check[HasSender] = Check(
    rule="R-61",
    key="domain-spf",
    places={CheckedChain.CAMPAIGN: 2120},
    severity=Severity.BLOCK,
    anchor="domain.spf",
    source="RFC 7208; Microsoft 550 5.7.515 asks for SPF and DKIM",
    hits=_hits,
    text=RuleText(
        title="SPF includes our servers",
        sentence="The SPF record of {domain} is {state}.",
        why="It tells mailbox providers which servers may send for the domain.",
        fix="Copy the SPF record from Senders into your domain's DNS, then check again.",
    ),
)

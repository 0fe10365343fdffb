"""R-17 to R-23: the address decision holds for confirmation mails as well."""

from __future__ import annotations

from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return {"refused": facts.address_refused_by} if facts.address_refused_by else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-21",
    key="confirmation-address",
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="MFR: role addresses are refused; RFC 5321; RFC 7505",
    hits=_hits,
    text=RuleText(
        title="Address of one person",
        sentence="The address is refused by rule {refused}.",
        why="Only a person can consent, at an address that exists and is the person's own.",
        fix="Sign up with a personal address.",
    ),
)

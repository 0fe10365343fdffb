"""R-17 to R-23: the address decision applies to confirmation messages as well."""

from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return {"refused": facts.address_refused_by} if facts.address_refused_by else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-21",
    key="confirmation-address",
    places={CheckedChain.CONFIRMATION: 1070},
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="MFR: role addresses are refused; RFC 5321; RFC 7505",
    hits=_hits,
    text=RuleText(
        title="Personal address",
        sentence="The address was rejected by rule {refused}.",
        why="Only a person can consent, and only with an existing address of their own.",
        fix="Sign up with a personal address.",
    ),
)

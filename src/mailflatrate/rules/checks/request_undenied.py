"""R-33, R-35: whoever answered "this was not me" is not asked again about the same list."""

from __future__ import annotations

from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return NO_PARAMS if facts.denied else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-35",
    key="request-undenied",
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="M3AAWG on web-form sign-up attacks (3 Nov 2017); derived",
    hits=_hits,
    text=RuleText(
        title="Not turned down",
        sentence="The person answered to an earlier request for this list that it was not their own.",
        why="Whoever did not ask for mail and said so must not be asked again and again.",
        fix="Wait two weeks. After that a new sign-up is asked about again.",
    ),
)

"""R-16 and R-79: whoever complained, and a mailbox that is dead, gets no confirmation mail either."""

from __future__ import annotations

from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return NO_PARAMS if facts.suppressed else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-79",
    key="confirmation-allowed",
    severity=Severity.BLOCK,
    anchor="list.suppressions",
    source="Amazon SES: no mail to complainers, not even a confirmation; CSA",
    hits=_hits,
    text=RuleText(
        title="Address may be written to",
        sentence="This address is blocked after a complaint or because the mailbox does not exist.",
        why="A complaint means no further mail at all.",
        fix="Nothing can be done here. The person can turn to our abuse desk.",
    ),
)

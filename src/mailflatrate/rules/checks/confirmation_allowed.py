"""R-16 and R-79: people who complained, and dead mailboxes, get no confirmation email either."""

from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return NO_PARAMS if facts.suppressed else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-79",
    key="confirmation-allowed",
    places={CheckedChain.CONFIRMATION: 1060},
    severity=Severity.BLOCK,
    anchor="list.suppressions",
    source="Amazon SES: no mail to complainers, not even a confirmation; CSA",
    hits=_hits,
    text=RuleText(
        title="Address can be emailed",
        sentence="This address is blocked because of a complaint or because the mailbox doesn't exist.",
        why="After a complaint, we send no further email, not even a confirmation.",
        fix="There's nothing you can do here. The person can contact our abuse desk.",
    ),
)

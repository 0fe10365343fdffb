"""R-33, R-16: people who left a list are asked only if they use a form themselves afterward."""

from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return NO_PARAMS if facts.left_lately else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-33",
    key="request-after-no",
    places={CheckedChain.CONFIRMATION: 1090},
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="UWG section 7(2); derived",
    hits=_hits,
    text=RuleText(
        title="No request soon after an unsubscribe",
        sentence="The person unsubscribed within the last 90 days.",
        why="People who said no are asked again only if they use a form themselves afterward.",
        fix="The person can sign up at a form themselves at any time.",
    ),
)

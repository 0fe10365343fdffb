"""R-33, R-35: people who answered "this was not me" are not asked again about the same list."""

from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return NO_PARAMS if facts.denied else None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-35",
    key="request-undenied",
    places={CheckedChain.CONFIRMATION: 1080},
    severity=Severity.BLOCK,
    anchor="form.confirmations",
    source="M3AAWG on web-form sign-up attacks (3 Nov 2017); derived",
    hits=_hits,
    text=RuleText(
        title="Sign-up not denied by the person",
        sentence="The person answered “This wasn't me” to an earlier confirmation email for this list.",
        why="People who told us they didn't ask for email must not be asked again and again.",
        fix="Wait two weeks. After that, a new sign-up gets a confirmation email again.",
    ),
)

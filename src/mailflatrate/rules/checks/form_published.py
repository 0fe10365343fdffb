"""R-25: a confirmation message is sent only for a sign-up at a published form."""

from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: ConfirmationFacts) -> Params | None:
    return None if facts.form_published and facts.requested_at is not None else NO_PARAMS


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-25",
    key="form-published",
    places={CheckedChain.CONFIRMATION: 1040},
    severity=Severity.BLOCK,
    anchor="form.publish",
    source="MFR measure 4; UWG section 7(2) no. 2",
    hits=_hits,
    text=RuleText(
        title="Requested through a published form",
        sentence="There's no recorded sign-up through a published form.",
        why="A confirmation email is only lawful in response to a recorded sign-up.",
        fix="Publish the form. Every sign-up there is recorded.",
    ),
)

"""R-10: a form adds contacts to a list that isn't archived and whose origin was not rejected."""

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: FormFacts) -> Params | None:
    return None if facts.list_open else NO_PARAMS


CHECK: Check[FormFacts] = Check(
    rule="R-10",
    key="form-list-open",
    places={CheckedChain.FORM: 1010},
    severity=Severity.BLOCK,
    anchor="form.list",
    source="MFR measure 2; derived",
    hits=_hits,
    text=RuleText(
        title="List accepts sign-ups",
        sentence="This form's list is archived, or its origin was rejected.",
        why="Nothing is sent to such a list, so no one should sign up for it.",
        fix="Choose another list for the form.",
    ),
)

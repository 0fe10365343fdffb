"""R-97: only the email address is needed, so nothing else should be mandatory."""

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: FormFacts) -> Params | None:
    demanded = tuple(field.key for field in facts.content.fields if field.required)
    return {"fields": demanded} if demanded else None


CHECK: Check[FormFacts] = Check(
    rule="R-97",
    key="form-sparing",
    places={CheckedChain.FORM: 3020},
    severity=Severity.WARN,
    anchor="form.fields",
    source="GDPR Art. 5(1)(c), 25(2); eco directive: data economy",
    hits=_hits,
    text=RuleText(
        title="Only the email address is required",
        sentence="Besides the email address, the form requires: {fields}.",
        why="The address is all you need to send email, and every other required field costs you sign-ups.",
        fix="Make these fields optional.",
    ),
)

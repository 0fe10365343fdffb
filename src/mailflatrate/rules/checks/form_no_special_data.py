"""R-97: a sign-up form asks for nothing about health, belief, origin, politics or sex life."""

from mailflatrate.rules.contacts.personal_data import is_special
from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: FormFacts) -> Params | None:
    keys = tuple(field.key for field in facts.content.fields if is_special(field.key, *field.labels.values()))
    return {"fields": keys} if keys else None


CHECK: Check[FormFacts] = Check(
    rule="R-97",
    key="form-no-special-data",
    places={CheckedChain.FORM: 3010},
    severity=Severity.BLOCK,
    anchor="form.fields",
    source="GDPR Art. 9(1); eco directive",
    hits=_hits,
    text=RuleText(
        title="No sensitive data requested",
        sentence="The form asks about health, beliefs, ethnic origin, politics or sex life: {fields}.",
        why="The law gives such data special protection, and you don't need any of it to send email.",
        fix="Remove these fields.",
    ),
)

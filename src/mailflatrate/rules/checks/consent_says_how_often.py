"""R-27: the consent says how often email is sent."""

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.forms.wording import places_in
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: FormFacts) -> Params | None:
    return facts.content.languages_with(
        lambda texts: "frequency" not in places_in(texts.wording) or not texts.frequency.strip()
    )


CHECK: Check[FormFacts] = Check(
    rule="R-27",
    key="consent-says-how-often",
    places={CheckedChain.FORM: 2030},
    severity=Severity.BLOCK,
    anchor="form.frequency",
    source="RULES R-27: recommended there, asked for here",
    hits=_hits,
    text=RuleText(
        title="Consent says how often you send",
        sentence="The wording doesn't say how often you send: {languages}.",
        why="People complain when emails come more often than they expected.",
        fix="Say what people can expect under “How often”, and add {frequency} to the wording.",
    ),
)

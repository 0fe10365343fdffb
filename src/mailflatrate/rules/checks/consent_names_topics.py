"""R-27: the consent names what will be sent."""

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.forms.wording import places_in
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

SHORTEST = 5
"""Characters; less than that names no kind of products or services."""


def _hits(facts: FormFacts) -> Params | None:
    return facts.content.languages_with(
        lambda texts: "topics" not in places_in(texts.wording) or len(texts.topics.strip()) < SHORTEST
    )


CHECK: Check[FormFacts] = Check(
    rule="R-27",
    key="consent-names-topics",
    places={CheckedChain.FORM: 2020},
    severity=Severity.BLOCK,
    anchor="form.topics",
    source="BGH VI ZR 721/15 (14 Mar 2017), Leitsatz 2; CSA 2020 section 2.2",
    hits=_hits,
    text=RuleText(
        title="Consent says what you send",
        sentence="The wording doesn't say what you send: {languages}.",
        why="People need to know what kinds of products and services they're consenting to hear about.",
        fix="Describe what people get under “What you send”, and add {topics} to the wording.",
    ),
)

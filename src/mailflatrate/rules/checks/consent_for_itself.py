"""R-26: the consent is about email alone, not bundled with terms or a competition."""

import re

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_TERMS = re.compile(
    r"\bAGB\b|geschäftsbedingung|nutzungsbedingung|teilnahmebedingung|terms (?:of|and)|conditions|gewinnspiel|"
    r"sweepstake|prize draw|\bCG[UV]\b|jeu[- ]concours|tirage au sort",
    re.IGNORECASE,
)


def _hits(facts: FormFacts) -> Params | None:
    return facts.content.languages_with(lambda texts: _TERMS.search(texts.wording))


CHECK: Check[FormFacts] = Check(
    rule="R-26",
    key="consent-for-itself",
    places={CheckedChain.FORM: 2050},
    severity=Severity.BLOCK,
    anchor="form.wording",
    source="CSA 2020 section 2.2a-b; GDPR Art. 7(2), 7(4)",
    hits=_hits,
    version=2,
    text=RuleText(
        title="Consent not tied to anything else",
        sentence="The wording also mentions terms or a contest: {languages}.",
        why="Consent that's tied to something else isn't freely given, so it's void.",
        fix="Ask only for consent to your emails. Terms belong in the contract they apply to.",
    ),
)

"""R-27, R-36: no consent for partners, third parties, or other channels."""

import re

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_BLANKET = re.compile(
    r"\bpartner|\bdritte[nr]?\b|sponsor|verbundene|konzern|\baffiliate|third part|selected compan|group compan|"
    r"alle kanäle|telefon|\bsms\b|by phone|text message|partenaire|\btiers\b|sociétés? du groupe|téléphon",
    re.IGNORECASE,
)


def _hits(facts: FormFacts) -> Params | None:
    return facts.content.languages_with(lambda texts: _BLANKET.search(f"{texts.wording} {texts.topics}"))


CHECK: Check[FormFacts] = Check(
    rule="R-27",
    key="consent-not-blanket",
    places={CheckedChain.FORM: 2060},
    severity=Severity.BLOCK,
    anchor="form.wording",
    source="BGH VI ZR 721/15 (14 Mar 2017); CSA 2020 section 2.2b",
    hits=_hits,
    version=2,
    text=RuleText(
        title="Consent covers only you",
        sentence="The wording also covers partners, third parties or other channels: {languages}.",
        why="Blanket consent is void, and it never proves consent for the actual sender.",
        fix="Ask only for consent to your own emails.",
    ),
)

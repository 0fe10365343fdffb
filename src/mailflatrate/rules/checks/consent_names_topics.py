"""R-27: the consent names what will be sent."""

from __future__ import annotations

from mailflatrate.rules.facts import FormFacts
from mailflatrate.rules.forms.wording import places_in
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

SHORTEST = 5
"""Characters; less than that names no kind of products or services."""


def _hits(facts: FormFacts) -> Params | None:
    wrong = [
        language
        for language, texts in facts.spoken()
        if "topics" not in places_in(texts.wording) or len(texts.topics.strip()) < SHORTEST
    ]
    return {"languages": tuple(f"language.{language}" for language in wrong)} if wrong else None


CHECK: Check[FormFacts] = Check(
    rule="R-27",
    key="consent-names-topics",
    severity=Severity.BLOCK,
    anchor="form.topics",
    source="BGH VI ZR 721/15 (14 Mar 2017), Leitsatz 2; CSA 2020 section 2.2",
    hits=_hits,
    text=RuleText(
        title="The consent says what",
        sentence="The wording does not say what is sent: {languages}.",
        why="Whoever consents has to know for which kind of products and services.",
        fix="Describe under “What you send” what people get, and put {topics} into the wording.",
    ),
)

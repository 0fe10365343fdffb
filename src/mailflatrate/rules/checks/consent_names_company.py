"""R-27: the consent names the company that will write."""

from __future__ import annotations

from mailflatrate.rules.facts import FormFacts
from mailflatrate.rules.forms.wording import places_in
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: FormFacts) -> Params | None:
    wrong = [
        language for language, texts in facts.spoken() if "company" not in places_in(texts.wording) or not facts.company
    ]
    return {"languages": tuple(f"language.{language}" for language in wrong)} if wrong else None


CHECK: Check[FormFacts] = Check(
    rule="R-27",
    key="consent-names-company",
    severity=Severity.BLOCK,
    anchor="form.wording",
    source="BGH VI ZR 721/15 (14 Mar 2017), Leitsatz 2",
    hits=_hits,
    en=Words(
        title="The consent says who",
        sentence="The wording does not name your company: {languages}.",
        why="Consent counts only for the companies that it names.",
        mend="Put {company} into the wording. The name comes from your imprint.",
    ),
    de=Words(
        title="Die Einwilligung sagt, wer schreibt",
        sentence="Der Wortlaut nennt Ihre Firma nicht: {languages}.",
        why="Eine Einwilligung gilt nur für Firmen, die sie nennt.",
        mend="Setzen Sie {company} in den Wortlaut. Der Name kommt aus Ihrem Impressum.",
    ),
)

"""R-27: the consent names the sending company."""

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.forms.wording import places_in
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: FormFacts) -> Params | None:
    return facts.content.languages_with(lambda texts: "company" not in places_in(texts.wording) or not facts.company)


CHECK: Check[FormFacts] = Check(
    rule="R-27",
    key="consent-names-company",
    places={CheckedChain.FORM: 2010},
    severity=Severity.BLOCK,
    anchor="form.wording",
    source="BGH VI ZR 721/15 (14 Mar 2017), Leitsatz 2",
    hits=_hits,
    text=RuleText(
        title="Consent names your company",
        sentence="The wording doesn't name your company: {languages}.",
        why="Consent only covers the companies it names.",
        fix="Add {company} to the wording. The name comes from your imprint.",
    ),
)

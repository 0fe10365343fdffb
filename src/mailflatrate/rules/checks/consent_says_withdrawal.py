"""R-37: the consent says that it can be withdrawn."""

import re

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_WITHDRAWAL = re.compile(
    r"widerruf|abmeld|abbestell|austrag|beenden|unsubscrib|withdraw|revoke|opt[ -]?out|\bstop\b|désinscri|désabonn|"
    r"retirer|révoqu|mettre fin",
    re.IGNORECASE,
)


def _hits(facts: FormFacts) -> Params | None:
    return facts.content.languages_with(lambda texts: not _WITHDRAWAL.search(texts.wording))


CHECK: Check[FormFacts] = Check(
    rule="R-37",
    key="consent-says-withdrawal",
    places={CheckedChain.FORM: 2040},
    severity=Severity.BLOCK,
    anchor="form.wording",
    source="GDPR Art. 7(3)",
    hits=_hits,
    version=2,
    text=RuleText(
        title="Consent says how to withdraw",
        sentence="The wording doesn't say that consent can be withdrawn: {languages}.",
        why="By law, people must be told this before they consent.",
        fix="Add a sentence such as: I can stop this at any time with the unsubscribe link in every email.",
    ),
)

"""R-93: a link to the privacy page is next to the consent."""

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: FormFacts) -> Params | None:
    imprint = facts.imprint
    return None if imprint is not None and imprint.privacy_url.startswith("https://") else NO_PARAMS


CHECK: Check[FormFacts] = Check(
    rule="R-93",
    key="form-privacy-link",
    places={CheckedChain.FORM: 1030},
    severity=Severity.BLOCK,
    anchor="account.imprint",
    source="GDPR Art. 13",
    hits=_hits,
    text=RuleText(
        title="Privacy page linked",
        sentence="The https address of your privacy page is missing.",
        why="People who give you data must be able to read what happens to it.",
        fix="Enter the address of your privacy page under Imprint.",
    ),
)

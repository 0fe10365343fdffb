"""R-93: beside the consent stands the way to the privacy page."""

from __future__ import annotations

from mailflatrate.rules.facts import FormFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: FormFacts) -> Params | None:
    imprint = facts.imprint
    return None if imprint is not None and imprint.privacy_url.startswith("https://") else NO_PARAMS


CHECK: Check[FormFacts] = Check(
    rule="R-93",
    key="form-privacy-link",
    severity=Severity.BLOCK,
    anchor="account.imprint",
    source="GDPR Art. 13",
    hits=_hits,
    text=RuleText(
        title="The privacy page is linked",
        sentence="There is no https address of your privacy page.",
        why="Whoever hands over data must be able to read what happens to it.",
        fix="Fill in the address of your privacy page under Imprint.",
    ),
)

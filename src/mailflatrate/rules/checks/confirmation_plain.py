"""R-31: a confirmation message contains no advertising and no tracking."""

from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

MAX_LINKS = 4
"""Confirm, "this was not me", privacy, imprint."""


def _hits(facts: ConfirmationFacts) -> Params | None:
    if facts.tracking or facts.links > MAX_LINKS:
        return {"links": facts.links, "limit": MAX_LINKS}
    return None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-31",
    key="confirmation-plain",
    places={CheckedChain.CONFIRMATION: 1130},
    severity=Severity.BLOCK,
    anchor="form.confirmation_mail",
    source="OLG Düsseldorf I-15 U 64/15 (17 Mar 2016); CSA legal team, Oct 2020",
    hits=_hits,
    text=RuleText(
        title="No advertising in the confirmation email",
        sentence="The confirmation email has {links} links or tracks clicks. Only {limit} links without tracking "
        "are allowed.",
        why="Until the person confirms, there's no consent to advertising, so this email must not advertise.",
        fix="Remove extra links and tracking from the confirmation email.",
    ),
)

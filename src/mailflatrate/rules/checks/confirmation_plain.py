"""R-31: a confirmation mail contains no advertising and no tracking."""

from __future__ import annotations

from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

MAX_LINKS = 4
"""Confirm, "this was not me", privacy, imprint."""


def _hits(facts: ConfirmationFacts) -> Params | None:
    if facts.tracking or facts.links > MAX_LINKS:
        return {"links": facts.links, "limit": MAX_LINKS}
    return None


CHECK: Check[ConfirmationFacts] = Check(
    rule="R-31",
    key="confirmation-plain",
    severity=Severity.BLOCK,
    anchor="form.confirmation_mail",
    source="OLG Düsseldorf I-15 U 64/15 (17 Mar 2016); CSA legal team, Oct 2020",
    hits=_hits,
    text=RuleText(
        title="No advertising in the confirmation mail",
        sentence="The confirmation mail has {links} links or measures clicks; {limit} plain links are allowed.",
        why="Until somebody confirms there is no consent to advertising, so this mail must not advertise.",
        fix="Take additional links and tracking out of the confirmation mail.",
    ),
)

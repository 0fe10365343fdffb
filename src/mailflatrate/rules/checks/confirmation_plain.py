"""R-31: a confirmation mail contains no advertising and no tracking."""

from __future__ import annotations

from mailflatrate.rules.facts import ConfirmationFacts
from mailflatrate.rules.verdict import Check, Params, Severity, Words

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
    en=Words(
        title="No advertising in the confirmation mail",
        sentence="The confirmation mail has {links} links or measures clicks; {limit} plain links are allowed.",
        why="Until somebody confirms there is no consent to advertising, so this mail must not advertise.",
        mend="Take additional links and tracking out of the confirmation mail.",
    ),
    de=Words(
        title="Keine Werbung in der Bestätigungsmail",
        sentence="Die Bestätigungsmail hat {links} Links oder misst Klicks; erlaubt sind {limit} einfache Links.",
        why="Vor der Bestätigung gibt es keine Einwilligung in Werbung, also darf diese Mail nicht werben.",
        mend="Nehmen Sie weitere Links und Messung aus der Bestätigungsmail heraus.",
    ),
)

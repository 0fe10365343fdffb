"""R-93: beside the consent stands the way to the privacy page."""

from __future__ import annotations

from mailflatrate.rules.facts import FormFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, Severity, Words


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
    en=Words(
        title="The privacy page is linked",
        sentence="There is no https address of your privacy page.",
        why="Whoever hands over data must be able to read what happens to it.",
        mend="Fill in the address of your privacy page under Imprint.",
    ),
    de=Words(
        title="Die Datenschutzseite ist verlinkt",
        sentence="Die https-Adresse Ihrer Datenschutzseite fehlt.",
        why="Wer Daten hergibt, muss lesen können, was damit geschieht.",
        mend="Tragen Sie die Adresse Ihrer Datenschutzseite unter Impressum ein.",
    ),
)

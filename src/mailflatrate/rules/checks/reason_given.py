"""R-51 and R-14: the mailing says why the reader gets it, and where his address comes from."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    sides = (("part.html", content.reason_in_html), ("part.text", content.reason_in_text))
    parts = tuple(part for part, there in sides if not there)
    return {"parts": parts} if parts else None


CHECK: Check[HasContent] = Check(
    rule="R-51",
    key="reason-given",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="GDPR Art. 13, 14(2)(f) and 14(3)(a); CNIL; practice of Mailchimp",
    version=2,
    hits=_hits,
    en=Words(
        title="Says why the reader gets it",
        sentence="{parts} does not say why the reader gets this mailing.",
        why="Whoever was imported must learn the source, and who remembers the sign-up does not complain.",
        mend="Add the block 'Why you get this': list, date and place of the sign-up.",
    ),
    de=Words(
        title="Sagt, warum man es erhält",
        sentence="In {parts} steht nicht, warum man dieses Mailing erhält.",
        why="Importierte müssen die Quelle erfahren, und wer sich an die Anmeldung erinnert, beschwert sich nicht.",
        mend="Fügen Sie den Block „Warum Sie dies erhalten“ ein: Liste, Tag und Ort der Anmeldung.",
    ),
)

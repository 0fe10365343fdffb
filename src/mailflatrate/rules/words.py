"""The few words that parameters of a finding are made of, in both languages."""

from __future__ import annotations

from mailflatrate.rules.imprint.lines import field_label
from mailflatrate.rules.verdict import Language

_WORDS: dict[str, tuple[str, str]] = {
    "part.html": ("the HTML part", "dem HTML-Teil"),
    "part.text": ("the text part", "dem Textteil"),
    "dns.ok": ("in order", "in Ordnung"),
    "dns.missing": ("not there", "nicht vorhanden"),
    "dns.wrong": ("different from what is needed", "anders als nötig"),
    "dns.unreachable": ("not readable at the moment", "zurzeit nicht lesbar"),
    "dns.unchecked": ("not looked up yet", "noch nicht abgefragt"),
    "standing.registered": ("registered", "registriert"),
    "standing.submitted": ("waiting for review", "in Prüfung"),
    "standing.more_info": ("waiting for your answer", "wartet auf Ihre Antwort"),
    "standing.approved": ("approved, not yet activated", "genehmigt, noch nicht freigeschaltet"),
    "standing.active": ("active", "aktiv"),
    "standing.throttled": ("throttled", "gedrosselt"),
    "standing.paused": ("paused", "angehalten"),
    "standing.suspended": ("suspended", "gesperrt"),
    "standing.rejected": ("rejected", "abgelehnt"),
    "standing.closed": ("closed", "geschlossen"),
    "fault.missing": ("missing", "fehlt"),
    "fault.po_box": ("a PO box is not an address here", "ein Postfach gilt hier nicht als Anschrift"),
    "fault.malformed": ("not in the usual form", "nicht in der üblichen Form"),
    "fault.placeholder": ("a placeholder", "ein Platzhalter"),
    "language.en": ("English", "Englisch"),
    "language.de": ("German", "Deutsch"),
    "trigger.new_domain": ("a sender domain used for the first time", "eine zum ersten Mal benutzte Absenderdomain"),
    "trigger.new_list": ("a list that was brought along and not mailed yet", "eine mitgebrachte Liste ohne Mailing"),
    "trigger.volume": ("far more recipients than usual", "weit mehr Empfänger als sonst"),
    "trigger.silence": ("nothing was sent for half a year", "ein halbes Jahr ohne Mailing"),
    "agreement.terms": ("terms of service", "Nutzungsbedingungen"),
    "agreement.policy": ("anti-spam policy", "Anti-Spam-Richtlinie"),
}


def word(key: str, language: Language) -> str:
    """The word for a key: a vocabulary key, `field.<imprint field>`, a pair `a=b` of keys, or the text
    itself.
    """
    left, pair, right = key.partition("=")
    if pair and left.startswith("field."):
        return f"{word(left, language)} ({word(right, language)})"
    if key.startswith("field."):
        return field_label(key.removeprefix("field."), language)
    known = _WORDS.get(key)
    if known is None:
        return key
    return known[1] if language is Language.GERMAN else known[0]

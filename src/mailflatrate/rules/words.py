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
    "form.no_mime_version": ("MIME-Version is missing", "MIME-Version fehlt"),
    "form.no_boundary": ("a multipart without boundary", "ein Multipart ohne Grenze"),
    "form.boundary_unused": ("the boundary occurs nowhere", "die Grenze kommt nirgends vor"),
    "form.never_closed": ("a multipart is never closed", "ein Multipart wird nie geschlossen"),
    "form.html_before_text": ("HTML stands before the text part", "HTML steht vor dem Textteil"),
    "form.unknown_charset": ("an unknown charset", "ein unbekannter Zeichensatz"),
    "form.wrong_charset": ("characters outside of the declared charset", "Zeichen außerhalb des angegebenen Satzes"),
    "form.unknown_encoding": ("an unknown transfer encoding", "eine unbekannte Übertragungskodierung"),
    "form.broken_base64": ("broken base64", "fehlerhaftes Base64"),
    "form.bare_line_end": ("line ends are mixed", "gemischte Zeilenenden"),
    "form.no_field": ("a header line that is no field", "eine Kopfzeile, die kein Feld ist"),
    "leave.missing": ("the field is missing", "das Feld fehlt"),
    "leave.repeated": ("the field stands twice", "das Feld steht doppelt"),
    "leave.no_angle_brackets": ("no URI in angle brackets", "keine URI in spitzen Klammern"),
    "leave.text_outside_brackets": ("text outside of the brackets", "Text außerhalb der Klammern"),
    "leave.bad_uri": ("a URI that is none", "eine URI, die keine ist"),
    "leave.unknown_scheme": ("a scheme that nobody follows", "ein Schema, dem niemand folgt"),
    "leave.no_https_uri": ("no https URI", "keine https-URI"),
    "leave.several_https_uris": ("several https URIs", "mehrere https-URIs"),
    "leave.post_missing": ("List-Unsubscribe-Post is missing", "List-Unsubscribe-Post fehlt"),
    "leave.post_repeated": ("List-Unsubscribe-Post stands twice", "List-Unsubscribe-Post steht doppelt"),
    "leave.post_value": ("List-Unsubscribe-Post has another value", "List-Unsubscribe-Post hat einen anderen Wert"),
    "link.unreadable": ("not a link", "kein Link"),
    "link.scheme": ("a scheme that mail programs don't open", "ein Schema, das Mailprogramme nicht öffnen"),
    "link.no_scheme": ("without https: in front", "ohne https: davor"),
    "link.bare_address": ("an email address without mailto: in front", "eine E-Mail-Adresse ohne mailto: davor"),
    "link.relative": ("no host to lead to", "kein Host, zu dem er führt"),
    "link.disguised": ("the host pretends to be another", "der Host gibt sich als anderer aus"),
    "link.shortener": ("a link shortener hides the target", "ein Kurzlink verbirgt das Ziel"),
    "link.ip": ("an IP address instead of a name", "eine IP-Adresse statt eines Namens"),
    "link.intranet": ("a host that only one network knows", "ein Host, den nur ein Netz kennt"),
    "dkim.none": ("there is none", "es gibt keine"),
    "dkim.body_changed": ("the body was changed", "der Körper wurde geändert"),
    "dkim.header_changed": ("the header was changed", "der Kopf wurde geändert"),
    "dkim.expired": ("expired", "abgelaufen"),
    "dkim.key_missing": ("the key is not published", "der Schlüssel ist nicht veröffentlicht"),
    "dkim.unsupported": ("a form that is not supported", "eine nicht unterstützte Form"),
    "dkim.malformed": ("malformed", "fehlerhaft"),
    "agreement.terms": ("terms of service", "Nutzungsbedingungen"),
    "agreement.policy": ("anti-spam policy", "Anti-Spam-Richtlinie"),
}


def word(key: str, language: Language) -> str:
    """The word for a key: a vocabulary key, `field.<imprint field>`, a pair `a=b` of keys, or the text
    itself.
    """
    left, pair, right = key.partition("=")
    if pair and (left.startswith("field.") or right in _WORDS):
        return f"{word(left, language)} ({word(right, language)})"
    if key.startswith("field."):
        return field_label(key.removeprefix("field."), language)
    known = _WORDS.get(key)
    if known is None:
        return key
    return known[1] if language is Language.GERMAN else known[0]

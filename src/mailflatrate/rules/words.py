"""The few words that parameters of a finding are made of, as message ids."""

from __future__ import annotations

from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.texts import N_, NC_, languages, translate
from mailflatrate.rules.imprint.lines import field_label

_WORDS: dict[str, str] = {
    "part.html": N_("the HTML part"),
    "part.text": N_("the text part"),
    "dns.ok": N_("in order"),
    "dns.missing": N_("not there"),
    "dns.wrong": N_("different from what is needed"),
    "dns.unreachable": N_("not readable at the moment"),
    "dns.unchecked": N_("not looked up yet"),
    "standing.registered": N_("registered"),
    "standing.submitted": N_("waiting for review"),
    "standing.more_info": N_("waiting for your answer"),
    "standing.approved": N_("approved, not yet activated"),
    "standing.active": NC_("account status", "active"),
    "standing.throttled": N_("throttled"),
    "standing.paused": N_("paused"),
    "standing.suspended": N_("suspended"),
    "standing.rejected": N_("rejected"),
    "standing.closed": N_("closed"),
    "fault.missing": N_("missing"),
    "fault.po_box": N_("a PO box is not an address here"),
    "fault.malformed": N_("not in the usual form"),
    "fault.placeholder": N_("a placeholder"),
    "trigger.new_domain": N_("a sender domain used for the first time"),
    "trigger.new_list": N_("a list that was brought along and not mailed yet"),
    "trigger.volume": N_("far more recipients than usual"),
    "trigger.silence": N_("nothing was sent for half a year"),
    "form.no_mime_version": N_("MIME-Version is missing"),
    "form.no_boundary": N_("a multipart without boundary"),
    "form.boundary_unused": N_("the boundary occurs nowhere"),
    "form.never_closed": N_("a multipart is never closed"),
    "form.html_before_text": N_("HTML stands before the text part"),
    "form.unknown_charset": N_("an unknown charset"),
    "form.wrong_charset": N_("characters outside of the declared charset"),
    "form.unknown_encoding": N_("an unknown transfer encoding"),
    "form.broken_base64": N_("broken base64"),
    "form.bare_line_end": N_("line ends are mixed"),
    "form.no_field": N_("a header line that is no field"),
    "leave.missing": N_("the field is missing"),
    "leave.repeated": N_("the field stands twice"),
    "leave.no_angle_brackets": N_("no URI in angle brackets"),
    "leave.text_outside_brackets": N_("text outside of the brackets"),
    "leave.bad_uri": N_("a URI that is none"),
    "leave.unknown_scheme": N_("a scheme that nobody follows"),
    "leave.no_https_uri": N_("no https URI"),
    "leave.several_https_uris": N_("several https URIs"),
    "leave.post_missing": N_("List-Unsubscribe-Post is missing"),
    "leave.post_repeated": N_("List-Unsubscribe-Post stands twice"),
    "leave.post_value": N_("List-Unsubscribe-Post has another value"),
    "link.unreadable": N_("not a link"),
    "link.scheme": N_("a scheme that mail programs don't open"),
    "link.no_scheme": N_("without https: in front"),
    "link.bare_address": N_("an email address without mailto: in front"),
    "link.relative": N_("no host to lead to"),
    "link.disguised": N_("the host pretends to be another"),
    "link.shortener": N_("a link shortener hides the target"),
    "link.ip": N_("an IP address instead of a name"),
    "link.intranet": N_("a host that only one network knows"),
    "dkim.none": N_("there is none"),
    "dkim.body_changed": N_("the body was changed"),
    "dkim.header_changed": N_("the header was changed"),
    "dkim.expired": N_("expired"),
    "dkim.key_missing": N_("the key is not published"),
    "dkim.unsupported": N_("a form that is not supported"),
    "dkim.malformed": N_("malformed"),
    "agreement.terms": N_("terms of service"),
    "agreement.policy": N_("anti-spam policy"),
}


def word(key: str, language: str) -> str:
    """The word for a key: a vocabulary key, `field.<imprint field>`, a pair `a=b` of keys, or the text
    itself.
    """
    left, pair, right = key.partition("=")
    if pair and (left.startswith("field.") or right in _WORDS):
        return f"{word(left, language)} ({word(right, language)})"
    if key.startswith("language."):
        code = key.removeprefix("language.")
        return translate(formats_of(code).name, language) if code in languages() else key
    if key.startswith("field."):
        return field_label(key.removeprefix("field."), language)
    return translate(_WORDS[key], language) if key in _WORDS else key

"""The vocabulary for parameters of findings, as message ids."""

from mailflatrate.locale.cldr import language_names
from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.texts import N_, NC_, languages, translate
from mailflatrate.rules.imprint.lines import field_label

_WORDS: dict[str, str] = {
    "part.html": N_("the HTML part"),
    "part.text": N_("the text part"),
    "dns.ok": N_("met"),
    "dns.missing": N_("not published"),
    "dns.wrong": N_("incorrect"),
    "dns.unreachable": N_("temporarily unreachable"),
    "dns.unchecked": N_("not checked yet"),
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
    "fault.po_box": N_("a PO box isn't accepted as an address"),
    "fault.malformed": N_("not in the usual format"),
    "fault.placeholder": N_("a placeholder"),
    "trigger.new_domain": N_("a sending domain used for the first time"),
    "trigger.new_list": N_("an imported list that hasn't been emailed yet"),
    "trigger.volume": N_("far more recipients than usual"),
    "trigger.uncompared": N_("many recipients, and no earlier campaign of its kind to compare with"),
    "trigger.silence": N_("no campaign sent for half a year"),
    "form.no_mime_version": N_("MIME-Version is missing"),
    "form.no_boundary": N_("a multipart without a boundary"),
    "form.boundary_unused": N_("a boundary that's never used"),
    "form.never_closed": N_("a multipart that's never closed"),
    "form.html_before_text": N_("HTML comes before the text part"),
    "form.unknown_charset": N_("an unknown charset"),
    "form.wrong_charset": N_("characters outside the declared charset"),
    "form.unknown_encoding": N_("an unknown transfer encoding"),
    "form.broken_base64": N_("broken base64"),
    "form.bare_line_end": N_("mixed line endings"),
    "form.no_field": N_("a header line that isn't a field"),
    "leave.missing": N_("the field is missing"),
    "leave.repeated": N_("the field appears twice"),
    "leave.no_angle_brackets": N_("no URI in angle brackets"),
    "leave.text_outside_brackets": N_("text outside the brackets"),
    "leave.bad_uri": N_("an invalid URI"),
    "leave.unknown_scheme": N_("an unsupported scheme"),
    "leave.no_https_uri": N_("no https URI"),
    "leave.several_https_uris": N_("several https URIs"),
    "leave.post_missing": N_("List-Unsubscribe-Post is missing"),
    "leave.post_repeated": N_("List-Unsubscribe-Post appears twice"),
    "leave.post_value": N_("List-Unsubscribe-Post has the wrong value"),
    "link.unreadable": N_("not a link"),
    "link.scheme": N_("a scheme that email clients don't open"),
    "link.no_scheme": N_("missing https: at the start"),
    "link.bare_address": N_("an email address without mailto:"),
    "link.relative": N_("no host"),
    "link.disguised": N_("the host pretends to be another one"),
    "link.shortener": N_("a link shortener hides the target"),
    "link.ip": N_("an IP address instead of a name"),
    "link.intranet": N_("a host that only exists in a private network"),
    "dkim.none": N_("none found"),
    "dkim.body_changed": N_("the body was changed"),
    "dkim.header_changed": N_("the headers were changed"),
    "dkim.expired": N_("expired"),
    "dkim.key_missing": N_("the key isn't published"),
    "dkim.unsupported": N_("an unsupported format"),
    "dkim.malformed": N_("malformed"),
    "agreement.terms": N_("terms of service"),
    "agreement.policy": N_("anti-spam policy"),
}


def word(key: str, language: str) -> str:
    """`key` is a vocabulary key, `field.<imprint field>`, a pair `a=b` of keys, or the text itself."""
    left, pair, right = key.partition("=")
    if pair and (left.startswith("field.") or right in _WORDS):
        return f"{word(left, language)} ({word(right, language)})"
    if key.startswith("language."):
        code = key.removeprefix("language.")
        if code in languages():
            return translate(formats_of(code).name, language)
        return language_names(language).get(code, key)
    if key.startswith("field."):
        return field_label(key.removeprefix("field."), language)
    return translate(_WORDS[key], language) if key in _WORDS else key

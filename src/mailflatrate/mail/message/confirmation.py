"""The confirmation email of double opt-in: one frozen template with only what it needs (R-31). It says who asks, for
which list, when and where, the wording, and what to do if someone else asked. No picture, no tracking, no text by the
customer except the published wording; its link leads to a page with a button (R-33).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from mailflatrate.locale.formats import formats_of, written_moment
from mailflatrate.locale.texts import N_, translate
from mailflatrate.mail.html.brand_style import is_colour, text_on
from mailflatrate.mail.message.edition import EditionContent, EditionPart, Values
from mailflatrate.mail.message.service_frame import ACCENT, LINE, PARAGRAPH, SOFT, framed
from mailflatrate.mail.segments import Dynamic, Segment, Static

LINKS: Final = 2


class ConfirmationOccasion(Enum):
    FORM = "form"
    PERSON = "person"
    """A user of the company entered the address, because the person asked for it another way."""
    MOVE = "move"
    """A subscriber named this address as their new one."""


@dataclass(frozen=True, slots=True)
class ConfirmationText:
    """Times are aware; `source` is a host or page, or ""."""

    language: str
    occasion: ConfirmationOccasion
    company: str
    list_name: str
    address: str
    requested_at: datetime
    expires_at: datetime
    time_zone: str
    source: str
    wording: str
    confirm_url: str
    privacy_url: str
    imprint: Sequence[str]
    more_wordings: Sequence[str] = ()
    """What else the visitor ticked: other lists, click tracking. The page asks about each."""
    colour: str = ACCENT
    """The brand's color, of button and wording line: all of the brand that R-31 leaves room for."""


_SUBJECT = N_("Confirm your subscription: {{list_name}}")
_OPENINGS = {
    ConfirmationOccasion.FORM: N_(
        "On {{requested}}, {{address}} was signed up for “{{list_name}}” from {{company}}{{at_source}}."
    ),
    ConfirmationOccasion.PERSON: N_(
        "On {{requested}}, {{company}} told us that {{address}} wants to receive “{{list_name}}”."
    ),
    ConfirmationOccasion.MOVE: N_(
        "On {{requested}}, a subscriber of {{company}} entered {{address}} as the new address for “{{list_name}}” "
        "and everything else they receive from this sender."
    ),
}
_WORDS = {
    "hello": N_("Hello,"),
    "consent": N_("You would be consenting to the following:"),
    "ask": N_("If that is what you want, confirm it on this page:"),
    "button": N_("Go to confirmation page"),
    "until": N_("The link is valid until {{expires}}."),
    "ignore": N_(
        "If it was not you, you do not need to do anything. Without your confirmation, you will receive nothing "
        "more and the address will be erased. On the same page, you can also tell us that it was not you."
    ),
    "privacy": N_("Privacy"),
    "imprint": N_("Imprint"),
}
_TEXT = """%(hello)s

%(opening)s
%(quote)s
%(ask)s
{{confirm_url}}

%(until)s

%(ignore)s

%(privacy)s%(colon)s{{privacy_url}}

--\x20
%(imprint)s%(end)s
{{imprint_text}}
"""
_QUOTE_TEXT = "\n%(consent)s\n\n    {{wording_text}}\n"
_BODY = f"""<p style="{PARAGRAPH}">%(hello)s</p>
<p style="{PARAGRAPH}">%(opening)s</p>
%(quote)s<p style="{PARAGRAPH}">%(ask)s</p>
<p style="{PARAGRAPH}"><a href="{{{{confirm_url}}}}" class="action" style="display:inline-block;padding:10px 18px;\
border-radius:8px;background:{{{{accent}}}};color:{{{{on_accent}}}};font-weight:bold;text-decoration:none">%(button)s</a></p>
<p class="soft" style="{PARAGRAPH};font-size:14px;color:{SOFT}">%(until)s %(ignore)s</p>
<p class="soft" style="{PARAGRAPH};padding-top:16px;border-top:1px solid {LINE};font-size:13px;color:{SOFT}">
<a href="{{{{privacy_url}}}}" style="color:{SOFT}">%(privacy)s</a><br><br><strong>%(imprint)s</strong><br>
{{{{imprint_html}}}}</p>
"""
_QUOTE_HTML = f"""<p style="{PARAGRAPH};margin-bottom:8px">%(consent)s</p>
<blockquote style="{PARAGRAPH};padding:0 0 0 14px;border-left:3px solid {{{{accent}}}}">\
{{{{wording_html}}}}</blockquote>
"""
_PLACES = frozenset({
    "accent", "address", "at_source", "company", "confirm_url", "expires", "imprint_html", "imprint_text", "list_name",
    "on_accent", "privacy_url", "requested", "wording_html", "wording_text",
})  # fmt: skip
_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")


def confirmation_content(language: str, occasion: ConfirmationOccasion) -> EditionContent:
    words = {name: translate(message, language) for name, message in _WORDS.items()}
    words["opening"] = translate(_OPENINGS[occasion], language)
    words["colon"] = formats_of(language).colon
    words["end"] = words["colon"].rstrip(" ")
    subject = translate(_SUBJECT, language)
    escaped = {name: html.escape(word) for name, word in words.items()}
    escaped["quote"] = ""
    words["quote"] = ""
    if occasion is not ConfirmationOccasion.MOVE:
        words["quote"], escaped["quote"] = _QUOTE_TEXT % words, _QUOTE_HTML % escaped
    return EditionContent(
        subject=_part(subject, escape=False),
        html=_part(framed(_BODY % escaped, language=language, title=subject), escape=True),
        text=_part(_TEXT % words, escape=False),
        rendered_links=frozenset(),
    )


def confirmation_values(details: ConfirmationText) -> Values:
    lines = tuple(details.imprint)
    wordings = [details.wording, *details.more_wordings]
    accent = details.colour if is_colour(details.colour) else ACCENT
    return {
        "accent": accent,
        "on_accent": text_on(accent),
        "address": details.address,
        "at_source": _at_source(details),
        "company": details.company,
        "confirm_url": details.confirm_url,
        "expires": written_moment(details.expires_at, details.language, details.time_zone),
        "imprint_html": _Markup("<br>\n".join(html.escape(line) for line in lines)),
        "imprint_text": "\n".join(lines),
        "list_name": details.list_name,
        "privacy_url": details.privacy_url,
        "requested": written_moment(details.requested_at, details.language, details.time_zone),
        "wording_html": _Markup("<br><br>\n".join(map(html.escape, wordings))),
        "wording_text": "\n\n    ".join(wordings),
    }


def _at_source(details: ConfirmationText) -> str:
    if not details.source:
        return ""
    return translate(N_(", via {source}"), details.language).format(source=details.source)


class _Markup(str):
    __slots__ = ()


def _part(source: str, *, escape: bool) -> EditionPart:
    segments: list[Segment] = []
    names: list[str] = []
    position = 0
    for match in _PLACE.finditer(source):
        if match.group(1) not in _PLACES:
            raise ValueError(f"the template has no place {match.group(1)}")
        segments += [Static(source[position : match.start()]), Dynamic(len(names))]
        names.append(match.group(1))
        position = match.end()
    segments.append(Static(source[position:]))

    def render(values: Values) -> Sequence[str]:
        return [_shown(values, name, escape=escape) for name in names]

    return EditionPart(tuple(segments), render)


def _shown(values: Mapping[str, object], name: str, *, escape: bool) -> str:
    text = values[name]
    if escape and not isinstance(text, _Markup):
        return html.escape(str(text))
    return str(text)

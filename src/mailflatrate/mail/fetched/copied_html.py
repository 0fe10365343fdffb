"""Turns another system's HTML into a source for our editor: scripts, forms, pixels, its badge and footer are removed
and noted, unsubscribe links become ours, fields become Liquid, pictures are listed to be fetched. Compiling sanitizes
the rest. Runs in a child process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailflatrate.mail.fetched.copied_fields import FieldBook
from mailflatrate.mail.fetched.values import (
    MOST_PICTURES,
    PICTURE_MARK,
    CopiedMessage,
    CopiedPicture,
    CopyNote,
    LeftOut,
)

_SAMPLES: Final = 5
_SCRIPTS = "script, noscript, iframe, object, embed, applet, frame, frameset, template, svg, math, audio, video, canvas"
_FORMS = "form, input, select, textarea, button, datalist, output"
_HEAD = "base, link, meta, title"
_UNSUBSCRIBE = re.compile(
    r"unsubscrib|opt[- ]?out|abmeld|abbestell|austrag|désabonn|desabonn|désinscri|darse de baja|disiscriv|afmeld", re.I
)
_PREFERENCES = re.compile(r"preferences|update (?:your )?profile|einstellungen ändern|daten ändern|préférences", re.I)
_WEB_VIEW = re.compile(
    r"view (?:this|it|the|in|email|online)?.{0,20}(?:browser|online|web)|(?:im|in) (?:web)?browser"
    r"|online[- ]?(?:version|ansicht|ansehen)|webversion|voir.{0,20}(?:navigateur|en ligne)",
    re.I,
)
_SYSTEM_NAMES: Final = (
    "list-manage.com mailchimp.com mailchi.mp campaign-archive.com brevo.com sendinblue.com sibforms.com klaviyo.com "
    "klclick hubspot cleverreach rapidmail newsletter2go mailjet.com mjt.lu sendgrid constantcontact rs6.net "
    "activecampaign getresponse mailerlite campaignmonitor createsend cmail substack.com beehiiv.com convertkit "
    "kit.com sendfox benchmarkemail moosend omnisend drip.com inxmail evalanche emarsys exacttarget"
)
_SYSTEMS: Final = tuple(_SYSTEM_NAMES.split())
_CLICKS = re.compile(
    r"/track/click|/click/|/ls/click|/tracking/|/e/c/|/c/[A-Za-z0-9_-]{20,}|/cl0/|/lt\.php|/r/[A-Za-z0-9_-]{24,}"
    r"|/f/a/[\w~-]{10,}|[?&](?:_kx|mc_eid|ck_subscriber_id)=",
)
_TARGETS: Final = ("url", "u", "target", "redirect", "redirect_url", "destination", "link", "to", "p_url")
_OPENS = re.compile(r"/track/open|/open(?:\.|/|\?|$)|/o\.gif|/pixel|/wf/open|/trk|spacer\.gif|/imp\?", re.I)
_BADGE = re.compile(r"powered by|sent (?:with|by|using)|versendet mit|erstellt mit|made with|envoyé (?:par|avec)", re.I)
_BLOCKS: Final = ("td", "table", "tr", "tbody", "div", "section", "footer", "p", "center")
_FOOTER_CHARS: Final = 1_500
_FOOTER_SHARE: Final = 0.4
_CSS_URL = re.compile(r"""url\(\s*(["']?)(https?://[^"')\s]{1,2000})\1\s*\)""", re.I)


class _Copy:
    def __init__(self, source: str, url: str) -> None:
        self.tree = LexborHTMLParser(source)
        base = self.tree.css_first("base[href]")
        self.base = urljoin(url, (base.attributes.get("href") if base else "") or "")
        self.notes: dict[LeftOut, list[str]] = {}
        self.pictures: dict[str, CopiedPicture] = {}
        self.fields = FieldBook()

    def note(self, what: LeftOut, sample: str) -> None:
        self.notes.setdefault(what, []).append(" ".join(sample.split())[:120])

    def drop(self, selector: str, what: LeftOut | None) -> None:
        for node in self.tree.css(selector):
            if what is not None:
                self.note(what, node.tag or "")
            node.decompose()

    def absolute(self, address: str) -> str:
        try:
            whole = urljoin(self.base, address.strip())
            return whole if urlsplit(whole).scheme in ("http", "https") else ""
        except ValueError:
            return ""

    def picture(self, address: str, alt: str) -> str:
        whole = self.absolute(address)
        if not whole:
            return ""
        if whole not in self.pictures:
            if len(self.pictures) >= MOST_PICTURES:
                self.note(LeftOut.MORE_PICTURES, whole)
                return whole
            self.pictures[whole] = CopiedPicture(whole, alt.strip()[:250])
        return PICTURE_MARK.format(list(self.pictures).index(whole))


def read_copied(source: str, url: str) -> CopiedMessage:
    """`url` is where it was found, "" for a file."""
    copy = _Copy(source, url)
    title = copy.tree.css_first("title")
    name = " ".join((title.text() if title else "").split())[:120]
    copy.drop(_SCRIPTS, LeftOut.SCRIPTS)
    copy.drop(_FORMS, LeftOut.FORMS)
    copy.drop(_HEAD, None)
    _pixels(copy)
    _footer(copy)
    for link in copy.tree.css("a[href], area[href]"):
        _link(copy, link)
    _attributes(copy)
    body = copy.fields.convert(_styles(copy, copy.tree.html or ""))
    for what, samples in copy.fields.found():
        copy.notes[what] = list(samples)
    visible = copy.tree.body.text(separator=" ") if copy.tree.body else ""
    notes = tuple(
        CopyNote(what, len(examples), tuple(dict.fromkeys(example for example in examples if example))[:_SAMPLES])
        for what in LeftOut
        if (examples := copy.notes.get(what))
    )
    html = re.sub(r">[ \t]*\n\s*<", ">\n<", body)
    return CopiedMessage(name, html, tuple(copy.pictures.values()), notes, len(visible.split()))


def _pixels(copy: _Copy) -> None:
    for image in copy.tree.css("img"):
        source = image.attributes.get("src") or ""
        small = all(_small(image.attributes.get(side)) for side in ("width", "height"))
        hidden = re.search(
            r"display\s*:\s*none|(?:width|height)\s*:\s*[01]px", image.attributes.get("style") or "", re.I
        )
        if small or hidden or _OPENS.search(source):
            copy.note(LeftOut.PIXELS, urlsplit(source).hostname or "" if "//" in source else "")
            image.decompose()


def _small(value: str | None) -> bool:
    return (value or "").strip().removesuffix("px") in {"0", "1", "2"}


def _footer(copy: _Copy) -> None:
    whole = len(copy.tree.body.text()) if copy.tree.body else 0
    most = min(_FOOTER_CHARS, whole * _FOOTER_SHARE)
    for link in copy.tree.css("a"):
        if not _names(link, _UNSUBSCRIBE):
            continue
        block = None
        for parent in _parents(link):
            if parent.tag in _BLOCKS and len(parent.text()) <= most:
                block = parent
        if block is not None:
            copy.note(LeftOut.FOOTER, block.text(separator=" "))
            block.decompose()
            return _footer(copy)
    return None


def _parents(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and parent.tag not in ("body", "html"):
        yield parent
        parent = parent.parent


def _names(link: LexborNode, pattern: re.Pattern[str]) -> bool:
    image = link.css_first("img[alt]")
    alt = (image.attributes.get("alt") or "") if image else ""
    return bool(pattern.search(link.text()) or pattern.search(alt) or pattern.search(link.attributes.get("href") or ""))


def _link(copy: _Copy, link: LexborNode) -> None:
    href = (link.attributes.get("href") or "").strip()
    text = link.text()
    for pattern, ours, what in (
        (_UNSUBSCRIBE, "{{ unsubscribe_url }}", LeftOut.UNSUBSCRIBE),
        (_WEB_VIEW, "{{ web_url }}", LeftOut.WEB_VIEW),
        (_PREFERENCES, "{{ preferences_url }}", LeftOut.UNSUBSCRIBE),
    ):
        if pattern.search(text):
            copy.note(what, text)
            link.attrs["href"] = ours
            return
    if re.match(r"(?:mailto|tel|sms):|#|\*\||\{|\[|%", href, re.I):
        return
    whole = copy.absolute(href)
    if not whole:
        del link.attrs["href"]
        return
    place = whole.lower()
    is_system = any(name in place for name in _SYSTEMS)
    image = link.css_first("img[alt]")
    label = text + ((image.attributes.get("alt") or "") if image else "")
    if is_system and (_BADGE.search(label) or any(name.split(".")[0] in label.lower() for name in _SYSTEMS)):
        copy.note(LeftOut.BADGES, label)
        link.decompose()
        return
    if _CLICKS.search(whole) or (is_system and urlsplit(whole).path not in ("", "/")):
        link.attrs["href"] = _target(whole) or _unknown(copy, label or whole)
        return
    link.attrs["href"] = whole


def _target(tracked: str) -> str:
    for name, value in parse_qsl(urlsplit(tracked).query):
        if name.lower() in _TARGETS and re.match(r"https?://[^\s/]+\.", value):
            return value
    return ""


def _unknown(copy: _Copy, sample: str) -> str:
    copy.note(LeftOut.TRACKED_LINKS, sample)
    return "https://"


def _attributes(copy: _Copy) -> None:
    for node in copy.tree.css("*"):
        for name, value in list(node.attributes.items()):
            if name.startswith("on") or name in ("srcset", "sizes", "ping"):
                del node.attrs[name]
            elif name in ("src", "background"):
                alt = node.attributes.get("alt") or ""
                mark = copy.picture(value or "", alt) if not (value or "").startswith("data:image/") else value
                node.attrs[name] = mark or ""
            elif name == "style" and value and "url(" in value:
                node.attrs[name] = _CSS_URL.sub(_in_css(copy), value)


def _styles(copy: _Copy, page: str) -> str:
    def change(match: re.Match[str]) -> str:
        own = re.sub(r"@import[^;]{0,2000};", "", match[2])
        return match[1] + _CSS_URL.sub(_in_css(copy), own) + match[3]

    return re.sub(r"(<style\b[^>]{0,500}>)(.*?)(</style>)", change, page, flags=re.I | re.S)


def _in_css(copy: _Copy) -> Callable[[re.Match[str]], str]:
    return lambda match: f"url({copy.picture(match[2], '')})"

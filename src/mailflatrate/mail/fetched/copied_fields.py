"""Personal fields of other email systems: the usual ones become Liquid, the rest are noted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailflatrate.mail.fetched.values import LeftOut

# In single quotes, because they may be part of an attribute.
_FIRST = "{{ contact.first_name | default: '' }}"
_LAST = "{{ contact.last_name | default: '' }}"
_OURS = {
    name: ours
    for names, ours in (
        ("fname first_name firstname vorname first", _FIRST),
        ("lname last_name lastname nachname name", _LAST),
        ("email e-mail email_address emailaddr", "{{ contact.email }}"),
        ("unsub unsubscribe unsubscribe_url unsubscribe_link", "{{ unsubscribe_url }}"),
        ("update_profile preferences_url", "{{ preferences_url }}"),
        ("archive mirror webversion view_in_browser web_url", "{{ web_url }}"),
    )
    for name in names.split()
}
_TAG = re.compile(
    r"\*\|(?P<mailchimp>[A-Za-z][\w: -]{0,60})\|\*"
    r"|\{\{\s*(?P<braces>[\w.'\"| :()-]{1,120}?)\s*\}\}"
    r"|\{%[^%]{0,200}%\}"
    r"|%%=?(?P<percents>[A-Za-z_][^%\n]{0,60})%%|%(?P<percent>[A-Z]{3,30}(?:_[A-Z]{1,30})*)%"
    r"|\[(?P<square>(?:[FL]|FIRST|LAST|VOR|NACH)?[ _]?NAME|E-?MAIL|UNSUBSCRIBE)\]"
    r"|(?<![{$])\{(?P<curly>VORNAME|NACHNAME|NAME|EMAIL|E-MAIL|FIRSTNAME|LASTNAME|FIRST_NAME|LAST_NAME)\}"
)


class FieldBook:
    def __init__(self) -> None:
        self._known: list[str] = []
        self._unknown: list[str] = []

    def convert(self, html: str) -> str:
        return _TAG.sub(self._one, html)

    def found(self) -> Iterator[tuple[LeftOut, tuple[str, ...]]]:
        if self._known:
            yield LeftOut.FIELDS, tuple(self._known)
        if self._unknown:
            yield LeftOut.UNKNOWN_FIELDS, tuple(self._unknown)

    def _one(self, match: re.Match[str]) -> str:
        tag = match.group()
        if tag in _OURS.values():
            return tag
        name = next((text for text in match.groupdict().values() if text), "")
        word = re.split(r"[|:(]", name)[0].strip().strip("'\" ").lower().replace(" ", "_")
        ours = _OURS.get(word) or _OURS.get(word.rpartition(".")[2])
        if ours is None:
            self._unknown.append(tag)
            return ""
        self._known.append(tag)
        return ours

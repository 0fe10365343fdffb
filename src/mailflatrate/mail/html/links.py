"""Numbers the links of a campaign and points them to the redirector, once for all recipients (R-108, R-109)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from mailflatrate.mail.html.link_tags import LinkTags

_WEB = re.compile(r"\s*https?://", re.IGNORECASE)
_BREAKS = re.compile(r"[\t\r\n]")
"""What a browser takes out of a URL (URL Standard, basic URL parser); a redirect could not even carry it."""
_URL_IN_TEXT = re.compile(r"https?://[^\s<>\"'\u00ab\u00bb\u201c\u201d\u201e]+", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class ContentLink:
    """`number` counts from 1, `url` is what the author wrote, HTML-unescaped, on one line."""

    number: int
    url: str


class LinkBook:
    """Numbers each distinct web target. `link_url(number, url)` is the redirector's URL, the same for every recipient;
    None lists links and leaves them. `untracked` (imprint, privacy pages) never go through it. `tags` are added to all
    others first.
    """

    def __init__(
        self, link_url: Callable[[int, str], str] | None, untracked: Collection[str], tags: LinkTags | None = None
    ) -> None:
        self._tags = tags
        self._link_url = link_url
        self._untracked = frozenset(untracked)
        self._numbers: dict[str, int] = {}
        self._targets: dict[str, str] = {}

    def __call__(self, url: str) -> str:
        """mailto, tel, anchors and untracked URLs stay."""
        target = _BREAKS.sub("", url).strip()
        if not _WEB.match(target) or target in self._untracked:
            return url
        if self._tags is not None and (tagged := self._tags.tagged(target)) != target:
            target = url = tagged
        number = self._numbers.setdefault(target, len(self._numbers) + 1)
        written = url if self._link_url is None else self._link_url(number, target)
        self._targets[written] = target
        return written

    def target(self, written: str) -> str:
        return self._targets.get(written, written)

    def in_text(self, text: str, liquid: re.Pattern[str]) -> str:
        def replace(match: re.Match[str]) -> str:
            url = trim_url(match.group())
            rest = match.group()[len(url) :]
            return match.group() if liquid.search(url) else self(url) + rest

        return _URL_IN_TEXT.sub(replace, text)

    def links(self) -> tuple[ContentLink, ...]:
        return tuple(ContentLink(number, url) for url, number in self._numbers.items())


def trim_url(url: str) -> str:
    end = len(url)
    unmatched = {last: url.count(last) - url.count(first) for last, first in _CLOSING.items()}
    while end and url[end - 1] in ".,;:!?)]}*_":
        last = url[end - 1]
        if last in _CLOSING:
            if unmatched[last] <= 0:
                break
            unmatched[last] -= 1
        end -= 1
    return url[:end]

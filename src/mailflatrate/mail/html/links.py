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
    """A target of the campaign: `number` counts from 1, `url` is what the author wrote, HTML-unescaped, on one line."""

    number: int
    url: str


class LinkBook:
    """Gives each distinct web target one number, and the URL to put in its place.

    `link_url(number, url)` makes the redirector's URL, the same for every recipient; None leaves every link unchanged
    and still lists them. `untracked` are targets that never go through the redirector: imprint and privacy pages.
    `tags` are added to all others before they are numbered.
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
        """Return what the message shows for `url`.

        mailto, tel, anchors and the untracked ones are returned unchanged.
        """
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
        """Return the target of a URL that this book has written."""
        return self._targets.get(written, written)

    def in_text(self, text: str, liquid: re.Pattern[str]) -> str:
        """Return plain text with its bare URLs replaced; a URL with Liquid in it, as `liquid` finds it, stays."""

        def replace(found: re.Match[str]) -> str:
            url = trim_url(found.group())
            rest = found.group()[len(url) :]
            return found.group() if liquid.search(url) else self(url) + rest

        return _URL_IN_TEXT.sub(replace, text)

    def links(self) -> tuple[ContentLink, ...]:
        """Return the links found so far, by number."""
        return tuple(ContentLink(number, url) for url, number in self._numbers.items())


def trim_url(url: str) -> str:
    """Return a URL found in running text without the punctuation that belongs to the sentence around it."""
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

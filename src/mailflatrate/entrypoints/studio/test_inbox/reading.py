"""A message in the test inbox, parsed for display."""

import email
import email.policy
import re
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.apps.domains.models import DkimKey
from mailflatrate.mail.message.unsubscribe import ListUnsubscribe, judge_list_unsubscribe
from mailflatrate.mail.signing.dkim_verify import DkimVerdict, KeyUnreachable, verify_signatures
from mailflatrate.settings import load_settings
from mailflatrate.wire.dns import KeyStatus, find_dkim_key, parse_dkim_key

MAX_LINKS = 100


class TestInboxMessage:
    """One message. Its content is untrusted; a part that cannot be decoded is empty."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def _message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def text(self) -> str:
        return self._part("plain")

    def _part(self, kind: str) -> str:
        part = self._message.get_body(preferencelist=(kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except (LookupError, UnicodeError, ValueError):
            return ""

    @property
    def source(self) -> str:
        return self.raw.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def headers(self) -> list[dict[str, Any]]:
        head = re.split(rb"\r?\n\r?\n", self.raw, maxsplit=1)[0].decode("utf-8", "replace")
        rows = []
        for line in re.split(r"\r?\n(?![ \t])", head):
            name, _colon, value = line.partition(":")
            rows.append({"name": name, "value": " ".join(value.split())})
        return rows

    def value(self, name: str) -> str:
        try:
            return str(self._message.get(name, ""))
        except (ValueError, IndexError, AttributeError):
            return ""

    @cached_property
    def unsubscribe(self) -> ListUnsubscribe:
        """Return the unsubscribe fields and their verdict (R-56)."""
        rows = self.headers
        return judge_list_unsubscribe(
            [row["value"] for row in rows if row["name"].lower() == "list-unsubscribe"],
            [row["value"] for row in rows if row["name"].lower() == "list-unsubscribe-post"],
        )

    @property
    def one_click_path(self) -> str:
        url = self.unsubscribe.https_uri or ""
        return path_here(url) if self.unsubscribe.is_one_click else ""

    @property
    def links(self) -> list[dict[str, Any]]:
        """Return the distinct links of the HTML part in order, or of the text part if there is no HTML."""
        urls = _in_html(self.html) if self.html else _in_text(self.text)
        targets = [url for url in dict.fromkeys(urls) if url.lower().startswith(("https://", "http://"))]
        return [
            {"url": url, "opens": path_here(url) or url, "is_ours": bool(path_here(url))} for url in targets[:MAX_LINKS]
        ]

    def signatures(self, at: datetime) -> tuple[DkimVerdict, ...]:
        """Verify the DKIM signatures ourselves. Queries DNS for the keys of other domains."""
        return verify_signatures(self.raw, _public_key, at=at)


def path_here(url: str) -> str:
    """Return the path of a link to one of our own public pages; empty for every other link."""
    base, here = urlsplit(load_settings().public_url), urlsplit(url)
    ours = (base.scheme, base.netloc) == (here.scheme, here.netloc) and here.path.startswith("/")
    return here.path if ours and not here.path.startswith("//") else ""


def _in_html(page: str) -> list[str]:
    nodes = LexborHTMLParser(page).css("a[href], area[href]")
    return [(node.attributes.get("href") or "").strip() for node in nodes]


def _in_text(text: str) -> list[str]:
    return [url.rstrip(".,;)") for url in re.findall(r"https?://[^\s<>\"]+", text)]


def _public_key(selector: str, domain: str) -> bytes | None:
    own = DkimKey.objects.filter(domain__name=domain, selector=selector).first()
    if own is not None:
        return parse_dkim_key(f"{selector}._domainkey.{domain}", own.public_record).public_key
    seen = find_dkim_key(configured_resolver(), selector, domain)
    if seen.status is KeyStatus.UNKNOWN:
        raise KeyUnreachable(seen.name)
    return seen.public_key if seen.status is KeyStatus.OK else None

"""Builds labeled messages for measuring lint: what the message is, and which findings are true of it.

Every message is invented. `truths` are the keys of all findings that a careful reader would report for the message, by
the rules' own texts; a finding outside of it is a false one. Labels were written before lint was tuned on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import dkim

from mailflatrate.mail.signing.dkim import generate_key

DATE = "Tue, 24 Nov 2026 09:30:00 +0100"


@dataclass(frozen=True)
class Labeled:
    """One message with its label. `kind` is bulk, transactional or personal."""

    name: str
    kind: str
    raw: bytes
    truths: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Draft:
    """A message before it is signed: header lines in order, the parts, and what happens to it on its way."""

    head: tuple[str, ...]
    text: str = ""
    html: str = ""
    signed_by: str = ""
    covers: tuple[str, ...] = ()
    on_the_way: tuple[str, ...] = ()
    body: str = ""
    """The whole body where it is neither text nor HTML; its Content-Type is in `head`."""
    damage: tuple[tuple[str, str], ...] = field(default=())
    """Replacements after the signature."""

    def bytes(self) -> bytes:
        """The message as its reader has it."""
        raw = _wire("\n".join((*self.head, *self._form())))
        if self.signed_by:
            raw = self._sign(raw)
        for old, new in self.damage:
            assert _wire(old) in raw, old
            raw = raw.replace(_wire(old), _wire(new))
        return _wire("".join(f"{line}\n" for line in self.on_the_way)) + raw

    def _form(self) -> tuple[str, ...]:
        if self.body:
            return ("MIME-Version: 1.0", "", self.body)
        if self.text and self.html:
            parts = "".join(
                f"--=_part\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{words}\n"
                for kind, words in (("plain", self.text), ("html", self.html))
            )
            form = 'Content-Type: multipart/alternative; boundary="=_part"'
            return ("MIME-Version: 1.0", form, "", f"{parts}--=_part--\n")
        kind, words = ("html", self.html) if self.html else ("plain", self.text)
        coding = "Content-Transfer-Encoding: 8bit"
        return ("MIME-Version: 1.0", f"Content-Type: text/{kind}; charset=utf-8", coding, "", f"{words}\n")

    def _sign(self, raw: bytes) -> bytes:
        names = [line.partition(":")[0].lower() for line in self.head if line[:1] not in " \t"]
        covers = [
            name.encode()
            for name in (
                self.covers
                or tuple(dict.fromkeys((*names, "mime-version", "content-type", "content-transfer-encoding")))
            )
        ]
        pem = signing_key()
        return bytes(dkim.sign(raw, b"k1", self.signed_by.encode(), pem, include_headers=covers)) + raw


@cache
def signing_key() -> bytes:
    """One key for all messages; lint runs offline and compares the body's hash."""
    return generate_key()[0]


def _wire(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def received(domain: str, *, by: str = "mx.reader.example") -> tuple[str, ...]:
    """What the receiving server writes above a message."""
    return (
        f"Return-Path: <bounce@{domain}>",
        f"Received: from out.{domain} (out.{domain} [203.0.113.9])\n\tby {by} (Postfix) with ESMTPS id 4A1B2C\n"
        f"\tfor <dora@reader.example>; {DATE}",
    )


def verdicts(domain: str, spf: str = "pass", dkim_result: str = "pass", dmarc: str = "pass") -> str:
    """The receiver's own results (RFC 8601)."""
    return (
        f"Authentication-Results: mx.reader.example;\n\tspf={spf} smtp.mailfrom=bounce@{domain};\n"
        f"\tdkim={dkim_result} header.d={domain};\n\tdmarc={dmarc} header.from={domain}"
    )


Change = Callable[[Draft], Draft]

"""A good campaign of another system as text, for tests to break in one place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mailflatrate.mail.signing.dkim_verify import DkimStatus, DkimVerdict
from mailflatrate.rules.gate.lint import LintLookups, message_facts
from mailflatrate.rules.messages.message import MessageFacts, Signature
from rules.examples import NOW

_WORDS = (
    "tulips",
    "narcissus",
    "snowdrops",
    "crocus",
    "hyacinth",
    "scilla",
    "anemone",
    "allium",
    "iris",
    "peony",
    "dahlia",
)
_LETTER = " ".join(f"{word} blooms early" for word in _WORDS)
GOOD = f"""\
Return-Path: <b.1@bounce.lindenhof.de>
From: Lindenhof <news@lindenhof.de>
Reply-To: Lindenhof <post@lindenhof.de>
To: Dora Meyer <dora@reader.net>
Subject: Winter bulbs are here
Date: Tue, 24 Nov 2026 11:00:00 +0000
Message-ID: <abc.123@lindenhof.de>
List-Id: Lindenhof News <news.lindenhof.de>
List-Unsubscribe: <https://lindenhof.de/u/abc>,
 <mailto:unsub+abc@lindenhof.de?subject=unsubscribe>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Help: <https://lindenhof.de/help>
Precedence: bulk
X-Mailing-ID: ABCD-EFGH-1
Feedback-ID: abcd:account7:campaign:lindenhof
CFBL-Address: fbl@bounce.lindenhof.de; report=arf
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_x"

--=_x
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

{_LETTER}

Unsubscribe: https://lindenhof.de/u/abc
Lindenhof GmbH, Lindenweg 4, 24103 Kiel, post@lindenhof.de, +49 431 12345

--=_x
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 7bit

<html><head><title>Bulbs</title></head><body style="background-color:#ffffff"><p>{_LETTER}</p>
<p><a href="https://lindenhof.de/bulbs">To the bulbs</a></p>
<p><a href="https://lindenhof.de/u/abc">Unsubscribe</a></p>
<p>Lindenhof GmbH, Lindenweg 4, 24103 Kiel, post@lindenhof.de, +49 431 12345</p></body></html>
--=_x--
"""
_UNSIGNED = ("return-path", "precedence")
_NAMES = [line.partition(":")[0].lower() for line in GOOD.partition("\n\n")[0].split("\n") if not line.startswith(" ")]
_SIGNED = tuple(name for name in _NAMES if name not in _UNSIGNED)
SIGNATURE = DkimVerdict(
    status=DkimStatus.PASS,
    domain="lindenhof.de",
    selector="s1",
    algorithm="rsa-sha256",
    signed_fields=_SIGNED,
    covered_fields=(*_SIGNED, "from", "to", "subject", "date", "message-id"),
    signed_at=1_795_000_000,
    expires_at=1_795_000_000 + 48 * 3600,
)


def octets(text: str) -> bytes:
    """As it goes over the wire."""
    return text.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def facts(
    text: str = GOOD, *signatures: DkimVerdict, key_bits: int = 2048, change: Callable[[bytes], bytes] | None = None
) -> MessageFacts:
    """The facts of a message, signed by `signatures` or, without any, by the good one."""
    raw = octets(text)
    seen = message_facts(change(raw) if change else raw, LintLookups(), now=NOW)
    held = tuple(Signature(one, key_bits) for one in signatures or (SIGNATURE,))
    domain = held[0].verdict.domain if held[0].holds else ""
    return replace(seen, signatures=held, sender=replace(seen.sender, dkim_domain=domain))


def signed(**values: Any) -> DkimVerdict:
    """The good signature with some values changed."""
    return replace(SIGNATURE, **values)


def field(name: str, value: str) -> Callable[[], MessageFacts]:
    """The good message with another value of one field; an empty one takes the field out."""

    def change() -> MessageFacts:
        head, gap, body = GOOD.partition("\n\n")
        unfolded = head.replace("\n ", " ")
        lines = [line for line in unfolded.split("\n") if not line.lower().startswith(f"{name.lower()}:")]
        return facts("\n".join([*lines, *([f"{name}: {value}"] if value else [])]) + gap + body)

    return change


def more(line: str) -> Callable[[], MessageFacts]:
    return lambda: facts(f"{line}\n{GOOD}")


def body(old: str, new: str) -> Callable[[], MessageFacts]:
    assert old in GOOD
    return lambda: facts(GOOD.replace(old, new))


def html(new: str) -> Callable[[], MessageFacts]:
    """The good message with something more in its HTML part."""
    return body("</body>", f"{new}</body>")

"""Header fields as bytes, folded, encoded and safe from injection, without the email package: a hot path. Lines have 78
characters where the text allows (RFC 5322 2.1.1), encoded words at most 75 and never split a character (RFC 2047 2, 5).
"""

import re
from binascii import b2a_base64
from dataclasses import dataclass
from typing import Final

import idna

from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.source_errors import NOWHERE, ReportedMistake

Field = tuple[bytes, bytes]
"""Name and folded value, without the colon, the space after it and the final CRLF."""

_LINE_LENGTH: Final = 78
_ENCODED_WORD_LENGTH: Final = 75
_CHARSET_B: Final = b"=?utf-8?b?"
_CHARSET_Q: Final = b"=?utf-8?q?"
_ENVELOPE_LENGTH: Final = len(_CHARSET_B) + len(b"?=")
# RFC 2047 section 5 (3): in a phrase only these may stand for themselves, so a word made of them is good anywhere.
_Q_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q_SINGLE: Final = bytes(_Q_SAFE) + b" "
_Q_OCTETS: Final = tuple(
    b"_" if octet == 0x20 else bytes((octet,)) if octet in _Q_SAFE else b"=%02X" % octet for octet in range(256)
)
# C0 controls, DEL and C1 controls; the line separators too, which some readers take for line ends.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a0-\U0010ffff]"
_ADDRESS: Final = re.compile(rf"({_ATEXT}+(?:\.{_ATEXT}+)*)@([A-Za-z0-9\-.\u00a0-\U0010ffff]+)")
_NAME: Final = re.compile(rb"[!-9;-~]+")
_UNENCODABLE: Final = re.compile("[\ud800-\udfff]")


class HeaderError(ReportedMistake, ValueError):
    """Raised for a value that a header may not contain: a control character, a lone surrogate, a non-address."""


@dataclass(frozen=True, slots=True)
class NamedAddress:
    address: str
    display_name: str = ""


def unstructured(name: str, text: str) -> bytes:
    """Raises `HeaderError` for control characters. Reading the value back gives exactly `text`: what folding or reading
    could change (outer or double spaces, a word longer than a line) goes into encoded words.
    """
    first = len(name) + 2
    if _PLAIN.fullmatch(text) and "=?" not in text:
        if first + len(text) <= _LINE_LENGTH:
            return text.encode("ascii")
        folded = _fold_words(text, first)
        if folded is not None:
            return folded
    return _fold(_encoded_words(_checked(text), _LINE_LENGTH - first), first)


def mailbox(name: str, address: str, display_name: str = "") -> bytes:
    """For From, Reply-To or To with exactly one mailbox. Raises `HeaderError`. A non-ASCII domain becomes A-labels (RFC
    5890); a non-ASCII local part needs SMTPUTF8 (RFC 6532): check `value.isascii()`.
    """
    in_brackets = b"<" + address_octets(address) + b">"
    text = display_name
    if not text:
        return in_brackets
    first = len(name) + 2
    if _ATOMS.fullmatch(text) and "=?" not in text:
        words = [text.encode("ascii")]
    elif _PLAIN.fullmatch(text) and "=?" not in text:
        words = [b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode("ascii") + b'"']
    else:
        words = _encoded_words(_checked(text), _LINE_LENGTH - first)
    if len(words[0]) > _LINE_LENGTH - first:
        words = _encoded_words(text, _LINE_LENGTH - first)
    return _fold([*words, in_brackets], first)


def address_octets(address: str) -> bytes:
    """Raises `HeaderError` unless it is dot-atom @ domain."""
    match = _ADDRESS.fullmatch(address)
    if match is None or len(address) > 254:
        raise HeaderError(mistake(NOWHERE, "header-address", address))
    if address.isascii():
        return address.encode("ascii")
    local, domain = match.groups()
    try:
        ascii_domain = domain.encode("ascii") if domain.isascii() else idna.encode(domain, uts46=True)
        return _checked(local).encode("utf-8") + b"@" + ascii_domain
    except (UnicodeError, idna.IDNAError) as error:
        raise HeaderError(mistake(NOWHERE, "header-domain", domain)) from error


def structured(value: str) -> bytes:
    """Encode a generated value, already in its field's syntax: ASCII on one line. Raises `HeaderError`."""
    if not _PLAIN.fullmatch(value):
        raise HeaderError(mistake(NOWHERE, "message-fails", f"not a structured header value: {value!r}"))
    return value.encode("ascii")


def phrase_and_id(name: str, phrase: str, identifier: str) -> bytes:
    """Encode a List-Id: `phrase <id>` (RFC 2919 section 3). Raises `HeaderError` past 255 octets of id."""
    octets = structured(f"<{identifier}>")
    if b" " in octets or len(octets) > 257:
        raise HeaderError(mistake(NOWHERE, "message-fails", f"not a list identifier: {identifier!r}"))
    first = len(name) + 2
    if not phrase:
        return octets
    if _PLAIN.fullmatch(phrase) and "=?" not in phrase and first + len(phrase) + 2 <= _LINE_LENGTH:
        quoted = phrase if _ATOMS.fullmatch(phrase) else '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return _fold([quoted.encode("ascii"), octets], first)
    return _fold([*_encoded_words(_checked(phrase), _LINE_LENGTH - first), octets], first)


def one_line(text: str) -> str:
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_UNENCODABLE.sub("\ufffd", _FORBIDDEN.sub(" ", text)).split())


def unfolded(value: bytes) -> bytes:
    """RFC 6376 section 3.4.2, relaxed; only for this module's values, with consecutive white space only at folds."""
    return b" ".join(value.split()) if b"\r" in value else value


def canonical(field: Field) -> bytes:
    """Relaxed canonical form with its CRLF, RFC 6376 section 3.4.2."""
    name, value = field
    return name.lower() + b":" + b" ".join(value.split()) + b"\r\n"


def serialise(fields: list[Field]) -> bytes:
    """Leave out the empty line that ends the block. Raises `HeaderError` if a field is repeated or broken."""
    seen: set[bytes] = set()
    for name, value in fields:
        lowered = name.lower()
        if lowered in seen or not _NAME.fullmatch(name):
            raise HeaderError(
                mistake(NOWHERE, "message-fails", f"header field {name!r} appears twice or has an invalid name")
            )
        seen.add(lowered)
        check_folded(value)
    return b"".join(b"%b: %b\r\n" % field for field in fields)


def check_folded(value: bytes) -> None:
    """Raise `HeaderError` unless every line break in a value is a fold and every line is within 998 octets (R-65)."""
    for number, line in enumerate(value.split(b"\r\n")):
        torn = b"\r" in line or b"\n" in line or b"\0" in line
        if torn or not line.strip() or len(line) > 900 or (number and line[:1] not in b" \t"):
            raise HeaderError(mistake(NOWHERE, "message-fails", f"header value is torn: {value!r}"))


def _checked(text: str) -> str:
    match = _FORBIDDEN.search(text) or _UNENCODABLE.search(text)
    if match:
        raise HeaderError(mistake(NOWHERE, "header-character", f"U+{ord(match.group()):04X}"))
    return text


def _fold_words(text: str, first: int) -> bytes | None:
    words = text.split(" ")
    if any(len(word) > _LINE_LENGTH - 1 for word in words) or first + len(words[0]) > _LINE_LENGTH:
        return None
    return _fold([word.encode("ascii") for word in words], first)


def _fold(words: list[bytes], first: int) -> bytes:
    parts = [words[0]]
    column = first + len(words[0])
    for word in words[1:]:
        if column + 1 + len(word) > _LINE_LENGTH:
            parts.append(b"\r\n ")
            column = 1 + len(word)
        else:
            parts.append(b" ")
            column += 1 + len(word)
        parts.append(word)
    return b"".join(parts)


def _encoded_words(text: str, first_room: int) -> list[bytes]:
    octets = text.encode("utf-8")
    q_length = len(octets) + 2 * len(octets.translate(None, _Q_SINGLE))
    b_length = (len(octets) + 2) // 3 * 4
    use_q = q_length <= b_length
    room = max(min(first_room, _ENCODED_WORD_LENGTH) - _ENVELOPE_LENGTH, 12)
    if min(q_length, b_length) <= room:
        return [_encoded_word(octets, use_q=use_q)]
    words: list[bytes] = []
    start = 0
    while start < len(text):
        end, taken = start, 0
        budget = room if use_q else room // 4 * 3
        while end < len(text):
            cost = _q_cost(text[end]) if use_q else len(text[end].encode("utf-8"))
            if taken + cost > budget:
                break
            taken += cost
            end += 1
        words.append(_encoded_word(text[start:end].encode("utf-8"), use_q=use_q))
        start, room = end, _ENCODED_WORD_LENGTH - _ENVELOPE_LENGTH
    return words


def _encoded_word(octets: bytes, *, use_q: bool) -> bytes:
    if use_q:
        return _CHARSET_Q + b"".join([_Q_OCTETS[octet] for octet in octets]) + b"?="
    return _CHARSET_B + b2a_base64(octets, newline=False) + b"?="


def _q_cost(character: str) -> int:
    return sum(len(_Q_OCTETS[octet]) for octet in character.encode("utf-8"))

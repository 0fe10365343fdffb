"""Every address that a cell may mean, however spelled: for people who said no (R-16). A yes is read by
`mail.address.parse` alone; an address too many is suppressed rather than one too few, so each reading counts. Linear;
the length is limited.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from mailflatrate.mail.address import AddressError, canonical_key
from mailflatrate.mail.reading.mime import decode_words
from mailflatrate.rules.names.domains import is_domain
from mailflatrate.rules.names.scripts import disguised_word, has_invisible, undisguised

MOST_CHARACTERS = 20_000
MOST_ADDRESSES = 1_000
_LAYERS = 4
"""How often a text may be encoded: an entity in an encoded word in an entity."""
_DEPTH = 5
_LOCAL_WINDOW = 100

_USUAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,62}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+\Z")
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,12}")
# What spreadsheets, markup and copied URLs put in front of an address; all of it is allowed in one, too.
_BEFORE = "'=*`/|?~#&{}!$^+-_."
_AFTER = "'*`|}/~."
_KEYWORD = re.compile(r"[=|/]")
_ESCAPES = re.compile(r"\\u0040|\\x40|\\u\{40\}|=40", re.IGNORECASE)
_OPEN, _CLOSE = r"[\[({<«] ?", r" ?[\])}>»]"
_AT = r"at|ät|aet|a|@|arroba|chez|klammeraffe|affe"
_DOT = r"dot|punkt|pkt|point|punto|\."
_BRACKETED_AT = re.compile(f"{_OPEN}(?:{_AT}){_CLOSE}", re.IGNORECASE)
_BRACKETED_DOT = re.compile(f"{_OPEN}(?:{_DOT}){_CLOSE}", re.IGNORECASE)
_TAG = re.compile(r"<[^<>@]*>")
_INLINE_TAG = re.compile(r"</?(?:wbr|span|b|i|u|s|em|strong|font|a|small|mark|code)\b[^<>@]*>", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r"[\"“”„]([^\"“”„@]{1,64})[\"“”„](?= ?@)")
_SPACED_AT = re.compile(r" ?@[ @]*")
_SPACED_DOT = re.compile(r" \. ?(?=\w)|(?<=\w) \.|(?<=\w)\. (?=[\w.+-]{1,64}@)|(?<=@)([^\s.@]{1,63})\. (?=\w)")
_LITERAL = re.compile(r"@\[([\w.-]{1,253})\]")
_WORD_AT = re.compile(r"(?: (?:at|ät|arroba)| ?[-_*'~](?:at|ät)[-_*'~]) ?(?=\w)", re.IGNORECASE)
_WORD_DOT = re.compile(r" (?:dot|punkt|point|punto) ?(?=\w)|[-_](?:dot|punkt)[-_](?=\w)", re.IGNORECASE)
_TYPO_DOT = re.compile(r"(@[\w-]{1,63})[,;:](?=[^\W\d_]{2,24}\b)")


def is_usual(text: str) -> bool:
    return _USUAL.fullmatch(text) is not None


def find_addresses(text: str) -> tuple[str, ...]:
    if is_usual(text):
        try:
            return (canonical_key(text),)
        except AddressError:
            pass
    if len(text) > MOST_CHARACTERS:
        return ()
    addresses = dict.fromkeys(_strict(text))
    texts = (text, once := unquote(text), unquote(once)) if "%" in text else (text,)
    decoded = dict.fromkeys(map(_decoded, texts))
    # Letters of another script or blank ones, which no one sees, stand for those of the address.
    plain = decoded | {
        undisguised(spelling): None for spelling in decoded if has_invisible(spelling) or disguised_word(spelling)
    }
    for reading in dict.fromkeys(reading for spelling in plain for reading in _readings(spelling)):
        addresses.update(dict.fromkeys(_scan(reading)))
    if not addresses:
        guesses = [_WORD_DOT.sub(".", _WORD_AT.sub("@", spelling)) for spelling in plain]
        guesses += [_TYPO_DOT.sub(r"\1.", _despaced(spelling)) for spelling in plain]
        addresses.update(dict.fromkeys(address for guess in guesses for address in _scan(guess)))
    return tuple(addresses)[:MOST_ADDRESSES]


def _strict(*texts: str) -> Iterator[str]:
    for text in texts:
        try:
            yield canonical_key(text)
        except AddressError:
            continue


def _decoded(text: str) -> str:
    for _layer in range(_LAYERS):
        before = text
        text = decode_words(html.unescape(text))
        text = unicodedata.normalize("NFKC", text if "=?" in text else _ESCAPES.sub("@", text))
        if not text.isascii() or not text.isprintable():
            text = "".join(filter(_is_seen, text)).replace("\u3002", ".")
        text = " ".join(text[: 2 * MOST_CHARACTERS].split())
        if text == before:
            break
    return text


def _is_seen(character: str) -> bool:
    if character.isspace():
        return True
    category = unicodedata.category(character)
    return category[0] != "C" and character != "\u034f" and not "\ufe00" <= character <= "\ufe0f"


def _readings(plain: str) -> Iterator[str]:
    yield plain
    signs = _BRACKETED_DOT.sub(".", _BRACKETED_AT.sub("@", plain)).replace("\\", "")
    signs = _LITERAL.sub(r"@\1", signs)
    yield signs
    untagged = _TAG.sub(" ", _INLINE_TAG.sub("", signs))
    yield untagged
    unquoted = _QUOTED.sub(r"\1", untagged)
    yield _despaced(unquoted)
    for _depth in range(_DEPTH):  # each depth is a reading: brackets around an address with a comment are none
        unquoted = _COMMENT.sub("", before := unquoted)
        yield _despaced(_QUOTED.sub(r"\1", unquoted))
        if unquoted == before:
            break


def _despaced(text: str) -> str:
    return _SPACED_DOT.sub(r"\1.", _SPACED_AT.sub("@", " ".join(text.split())))


def _scan(text: str) -> Iterator[str]:
    at, begin = text.find("@"), 0
    for _number in range(MOST_ADDRESSES):
        if at < 0:
            return
        local = _LOCAL.search(text[max(begin, at - _LOCAL_WINDOW) : at])
        domain = _DOMAIN.match(text, at + 1)
        begin = begin if domain is None or local is None else domain.end()
        if local is not None and domain is not None:
            for host in _domains(domain[0]):
                yield from _strict(*(f"{name}@{host}" for name in _locals(local[0])))
        at = text.find("@", at + 1)


def _locals(text: str) -> dict[str, None]:
    dotted = re.sub(r"\.{2,}", ".", text.strip("."))
    bare = dotted.lstrip(_BEFORE).rstrip(_AFTER)
    return dict.fromkeys(name for name in (dotted, bare, _KEYWORD.split(bare)[-1]) if name)


def _domains(text: str) -> Iterator[str]:
    text = text.rstrip("-_.")
    yield text
    labels = text.split(".")
    while len(labels) > 1:
        labels[-1] = re.split("[-_]", labels[-1], maxsplit=1)[0]
        candidate = ".".join(labels)
        if is_domain(candidate.lower()):
            if candidate != text:
                yield candidate
            return
        labels.pop()

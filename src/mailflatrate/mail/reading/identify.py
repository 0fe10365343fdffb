"""Finding our own marks in whatever came back: the mailing ID and the tokens of the one delivery (issue 5, section 2).

A mailing ID is a hint that anybody can write down; a token is checked against the key ring and proves (R-78). Looked
through, in this order: the fields of a report, the mails that are carried (attached, or attached to what is attached),
the fields of the message itself, and every word and link of its text, inline forwards included.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailflatrate.mail.mailing_id import find_in_text, parse_mailing_id
from mailflatrate.mail.reading.carried import carried_mails
from mailflatrate.mail.reading.mime import Headers, Part
from mailflatrate.mail.tokens import TOKEN_PATTERN, KeyRing, Purpose, TokenClaims

# A link wrapped by a mailbox provider has its slashes escaped, so that a token may follow "%2F".
_TOKEN = re.compile(rf"(?:%2[Ff]|%3[Dd])?({TOKEN_PATTERN})")
# Where only a token of ours can stand: a look-alike there is a forgery and no accident.
_PLACE = r"(?:\b(?:b|unsub)\+|cfbl-feedback-id:[ \t]*|(?:/|%2F)[upwk](?:/|%2F))"
_OURS = re.compile(rf"{_PLACE}({TOKEN_PATTERN})(?![A-Za-z0-9])", re.I)
# Where a client broke a long link, the next line's first word may stand right behind the token.
_OURS_JOINED = re.compile(rf"{_PLACE}({TOKEN_PATTERN})", re.I)
_MAY_BE_BROKEN = ("/u/", "/p/", "/w/", "/k/", "%2Fu%2F", "b+", "unsub+")
_BROKEN_LINE = re.compile(r"=?\n[> \t|]*")
_MARKED_FIELDS = (
    "cfbl-feedback-id", "feedback-id", "message-id", "in-reply-to", "references", "list-help", "subject",
)  # fmt: skip
_REPORT_PARTS = ("message/feedback-report", "text/feedback-report", "message/delivery-status", "text/rfc822-header")
# Tokens of these purposes name a delivery, and with it a person; others name something else by the same number.
_OF_A_DELIVERY = frozenset({
    Purpose.VERP, Purpose.UNSUBSCRIBE, Purpose.FEEDBACK, Purpose.MESSAGE_ID, Purpose.PREFERENCES,
    Purpose.PERSONAL_CLICK, Purpose.OPEN, Purpose.ARCHIVE, Purpose.REPORT,
})  # fmt: skip

_MAX_TRIED = 60
_MAX_DEPTH = 3
_MAX_CARRIED = 8
_MAX_TEXT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Marks:
    """What of ours was found.

    `mailing_ids` are in their shown form, the likeliest first, each a hint. `claims` (with `purpose`) come from a token
    of one delivery that the key ring verified, `edition` from one that names only the mailing (a link that is the same
    for everybody; its `delivery_id` is the edition's id). `where` says in what the proof stood: "report", "attached",
    "fields" or "text". `forged` counts tokens in places of ours that were not made here.
    """

    mailing_ids: tuple[str, ...] = ()
    purpose: Purpose | None = None
    claims: TokenClaims | None = None
    edition: TokenClaims | None = None
    where: str = ""
    forged: int = 0


def find_marks(message: Part, quoted: Headers | None, text: str, key_ring: KeyRing | None) -> Marks:
    """Our marks in a message. `quoted` are fields of the returned mail that stand in its text, `text` is what a person
    or machine wrote at its top. Without a key ring only mailing IDs are found.
    """
    carried = list(_carried(message, 0))[:_MAX_CARRIED]
    heads = [headers for headers in (*(part.headers for part in carried), quoted) if headers]
    ids = _mailing_ids([*heads, message.headers], text, carried)
    if key_ring is None:
        return Marks(ids)
    places = _places(message, carried, heads, text)
    found = _Search(key_ring)
    for where, content in places:
        if found.claims is None:
            found.look(where, content)
    return Marks(ids, found.purpose, found.claims, found.edition, found.where, found.forged)


class _Search:
    """Tries tokens place by place until one names a delivery."""

    def __init__(self, key_ring: KeyRing) -> None:
        self._ring = key_ring
        self._tried: dict[str, bool] = {}
        self.purpose: Purpose | None = None
        self.claims: TokenClaims | None = None
        self.edition: TokenClaims | None = None
        self.where = ""

    @property
    def forged(self) -> int:
        return sum(not genuine for genuine in self._tried.values())

    def look(self, where: str, content: str) -> None:
        tokens = _tokens(content)
        ours = [match.lower() for match in _OURS.findall(content)] if tokens else []
        if not ours and "\n>" in content and any(mark in content for mark in _MAY_BE_BROKEN):
            ours = [match.lower() for match in _OURS_JOINED.findall(_BROKEN_LINE.sub("", content))]
        # Where a link can only be ours the token is tried first, so that hashes of others do not use up the trials.
        for token in dict.fromkeys([*ours, *tokens]):
            if token in self._tried or len(self._tried) >= _MAX_TRIED:
                continue
            found = self._ring.identify(token)
            # A hash of somebody else's that happens to stand somewhere is no forgery.
            self._tried[token] = found is not None or token not in ours
            if found is None:
                continue
            purpose, claims = found
            if purpose not in _OF_A_DELIVERY:
                if purpose is Purpose.CLICK:
                    self.edition = self.edition or claims
                    self.where = self.where or where
                continue
            self.purpose, self.claims, self.where = purpose, claims, where
            return


def _tokens(content: str) -> list[str]:
    """What has the shape of a token and stands alone."""
    found = []
    for match in _TOKEN.finditer(content):
        start, end = match.span()
        before = content[start - 1 : start] if start == match.start(1) else ""
        if not before.isalnum() and not content[end : end + 1].isalnum():
            found.append(match[1].lower())
    return found


def _places(message: Part, carried: list[Part], heads: list[Headers], text: str) -> Iterator[tuple[str, str]]:
    parts = message.walk()
    for part in parts:
        if part.media_type.startswith(_REPORT_PARTS) or part.media_type.endswith("json"):
            yield "report", part.text()[:_MAX_TEXT]
    for headers in heads:
        yield "attached", headers.block
    for mail in carried:
        for content in _texts(mail.walk()):
            yield "attached", content
    yield "fields", message.headers.block
    yield "text", text
    for content in _texts(parts):
        yield "text", content


def _texts(parts: Iterable[Part]) -> Iterator[str]:
    """The texts of the parts, markup and links included."""
    for part in parts:
        if part.parts or not (part.media_type.startswith("text/") or not part.media_type):
            continue
        yield part.text()[:_MAX_TEXT]


def _carried(message: Part, depth: int) -> Iterator[Part]:
    """The mails in a message: attached ones, and those attached to them."""
    for mail in carried_mails(message):
        yield mail
        if depth < _MAX_DEPTH:
            yield from _carried(mail, depth + 1)


def _mailing_ids(heads: list[Headers], text: str, carried: list[Part]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for headers in heads:
        if "x-mailing-id" in headers and (told := parse_mailing_id(headers.raw("x-mailing-id"))):
            found[told] = None
    for headers in heads:
        # A control character between the fields keeps the end of one from the beginning of the next.
        fields = "\0".join(headers.text(name)[:1000] for name in _MARKED_FIELDS if name in headers)
        found.update(dict.fromkeys(find_in_text(fields)))
    found.update(dict.fromkeys(find_in_text(text)))
    if not found:
        for mail in carried:
            for content in _texts(mail.walk()):
                found.update(dict.fromkeys(find_in_text(content[:_MAX_TEXT])))
    return tuple(found)

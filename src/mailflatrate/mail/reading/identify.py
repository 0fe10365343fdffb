"""Finds our marks in a returned message. A mailing ID is a hint that anyone can write down; a token is checked against
the key ring and is a proof (R-78). Searched in order: a report's fields, carried messages, the message's fields, every
word and link of its text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mailflatrate.mail.identifiers.mailing_id import find_in_text, parse_mailing_id
from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN, KeyRing, TokenClaims, TokenPurpose
from mailflatrate.mail.reading.attached_messages import carried_mails
from mailflatrate.mail.reading.mime import Headers, MimePart

# A link wrapped by a mailbox provider has its slashes escaped, so that a token may follow "%2F".
_TOKEN = re.compile(rf"(?:%2[Ff]|%3[Dd])?({TOKEN_PATTERN})")
# Places where only our tokens can be: a look-alike there is a forgery and not an accident.
_PLACE = r"(?:\b(?:b|unsub)\+|cfbl-feedback-id:[ \t]*|(?:/|%2F)[upwkq](?:/|%2F))"
_OURS = re.compile(rf"{_PLACE}({TOKEN_PATTERN})(?![A-Za-z0-9])", re.I)
# Where a client broke a long link, the next line's first word may come right after the token.
_OURS_JOINED = re.compile(rf"{_PLACE}({TOKEN_PATTERN})", re.I)
_MAY_BE_BROKEN = ("/u/", "/p/", "/w/", "/k/", "/q/", "%2Fu%2F", "b+", "unsub+")
_BROKEN_LINE = re.compile(r"=?\n[> \t|]*")
_MARKED_FIELDS = ("cfbl-feedback-id", "feedback-id", "message-id", "in-reply-to", "references", "list-help", "subject")
_REPORT_PARTS = ("message/feedback-report", "text/feedback-report", "message/delivery-status", "text/rfc822-header")
# Tokens of these purposes name a delivery, and with it a person; others name something else by the same number.
_OF_A_DELIVERY = frozenset(
    {
        TokenPurpose.VERP,
        TokenPurpose.UNSUBSCRIBE,
        TokenPurpose.FEEDBACK,
        TokenPurpose.MESSAGE_ID,
        TokenPurpose.PREFERENCES,
        TokenPurpose.PERSONAL_CLICK,
        TokenPurpose.OPEN,
        TokenPurpose.ARCHIVE,
        TokenPurpose.POLL,
        TokenPurpose.REPORT,
        TokenPurpose.RELAY_EVENT,
    }
)

_MAX_TRIED = 60
_MAX_DEPTH = 3
_MAX_CARRIED = 8
_MAX_TEXT = 256 * 1024


@dataclass(frozen=True, slots=True)
class TokenCandidate:
    where: str
    token: str
    ours: bool


@dataclass(frozen=True, slots=True)
class MessageMarks:
    """`mailing_ids` are hints in displayed form, the likeliest first. `claims` come from a token of one delivery that
    the key ring verified, `edition` from one of a campaign (its `delivery_id` is the edition's id). `where` held the
    proof: "report", "attached", "fields" or "text". `forged` counts tokens in our places not made here. `trials` are
    for `verify`.
    """

    mailing_ids: tuple[str, ...] = ()
    purpose: TokenPurpose | None = None
    claims: TokenClaims | None = None
    edition: TokenClaims | None = None
    where: str = ""
    forged: int = 0
    candidates: tuple[TokenCandidate, ...] = ()

    def verify(self, key_ring: KeyRing) -> "MessageMarks":
        edition, edition_where, forged = None, "", 0
        for candidate in self.candidates:
            identity = key_ring.identify(candidate.token)
            if identity is None:
                # A foreign hash that happens to be somewhere is not a forgery.
                forged += candidate.ours
            elif identity[0] in _OF_A_DELIVERY:
                return replace(
                    self,
                    purpose=identity[0],
                    claims=identity[1],
                    edition=edition,
                    where=candidate.where,
                    forged=forged,
                    candidates=(),
                )
            elif identity[0] is TokenPurpose.CLICK:
                edition, edition_where = edition or identity[1], edition_where or candidate.where
        return replace(self, edition=edition, where=edition_where, forged=forged, candidates=())


def find_marks(message: MimePart, quoted: Headers | None, text: str, *, with_tokens: bool) -> MessageMarks:
    """Not verified yet. `quoted` are fields of the returned mail that appear in its text, `text` is its top. Without
    tokens, only mailing IDs are found.
    """
    carried = list(_carried(message, 0))[:_MAX_CARRIED]
    heads = [headers for headers in (*(part.headers for part in carried), quoted) if headers]
    ids = _mailing_ids([*heads, message.headers], text, carried)
    if not with_tokens:
        return MessageMarks(ids)
    return MessageMarks(ids, candidates=_candidates(_places(message, carried, heads, text)))


def marks_in_octets(raw: bytes) -> MessageMarks:
    return MessageMarks(candidates=_candidates([("text", raw[:_MAX_TEXT].decode("latin-1"))]))


def _candidates(places: Iterable[tuple[str, str]]) -> tuple[TokenCandidate, ...]:
    candidates: dict[str, TokenCandidate] = {}
    for where, content in places:
        tokens = _tokens(content)
        ours = dict.fromkeys(match.lower() for match in _OURS.findall(content)) if tokens else {}
        if not ours and "\n>" in content and any(mark in content for mark in _MAY_BE_BROKEN):
            joined = _BROKEN_LINE.sub("", content)
            ours = dict.fromkeys(match.lower() for match in _OURS_JOINED.findall(joined))
        # Where a link can only be ours the token is tried first, so that hashes of others do not use up the trials.
        for token in (*ours, *tokens):
            if token not in candidates:
                candidates[token] = TokenCandidate(where, token, token in ours)
                if len(candidates) >= _MAX_TRIED:
                    return tuple(candidates.values())
    return tuple(candidates.values())


def _tokens(content: str) -> list[str]:
    tokens = []
    for match in _TOKEN.finditer(content):
        start, end = match.span()
        before = content[start - 1 : start] if start == match.start(1) else ""
        if not before.isalnum() and not content[end : end + 1].isalnum():
            tokens.append(match[1].lower())
    return tokens


def _places(message: MimePart, carried: list[MimePart], heads: list[Headers], text: str) -> Iterator[tuple[str, str]]:
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


def _texts(parts: Iterable[MimePart]) -> Iterator[str]:
    for part in parts:
        if part.parts or not (part.media_type.startswith("text/") or not part.media_type):
            continue
        yield part.text()[:_MAX_TEXT]


def _carried(message: MimePart, depth: int) -> Iterator[MimePart]:
    for mail in carried_mails(message):
        yield mail
        if depth < _MAX_DEPTH:
            yield from _carried(mail, depth + 1)


def _mailing_ids(heads: list[Headers], text: str, carried: list[MimePart]) -> tuple[str, ...]:
    mailing_ids: dict[str, None] = {}
    for headers in heads:
        if "x-mailing-id" in headers and (mailing_id := parse_mailing_id(headers.raw("x-mailing-id"))):
            mailing_ids[mailing_id] = None
    for headers in heads:
        # A control character between the fields separates the end of one from the beginning of the next.
        fields = "\0".join(headers.text(name)[:1000] for name in _MARKED_FIELDS if name in headers)
        mailing_ids.update(dict.fromkeys(find_in_text(fields)))
    mailing_ids.update(dict.fromkeys(find_in_text(text)))
    if not mailing_ids:
        for mail in carried:
            for content in _texts(mail.walk()):
                mailing_ids.update(dict.fromkeys(find_in_text(content[:_MAX_TEXT])))
    return tuple(mailing_ids)

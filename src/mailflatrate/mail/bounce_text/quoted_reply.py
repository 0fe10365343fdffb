"""Extracts the reply of the server that really refused: servers quote each other ("host mx said: 550 ..."), and only
the innermost one knows the mailbox.
"""

import re
from dataclasses import dataclass

#: A code with which a reply may begin.
_CODE = re.compile(r"(?<![\w.])(?:[45]\d\d(?=[ \-#:.'\"]|$)|[45]\.\d{1,3}\.\d{1,3}\b)")
#: What comes directly before a quoted reply.
_OPENING = re.compile(
    r"(?:\bsaid:?|->|<<<|\bsmtp;|\bx-[\w-]{2,20};|\breturned:?|\bresponded(?: with)?:?|\breplied(?: with)?:?|"
    r"\banswered(?: with)?:?|\bresponse(?: from the remote server)?(?: was)?:|\bresponse is:?|\breply(?: was)?:|"
    r"\berror(?: from the other server)?(?: was)?:|\breturned was:|\bserver was:|\breason:|\bfailed with:?|"
    r"\brcpt to:?|\bled=|\bmail server:|\bdiagnostic(?:-code| code| information)?[^:\n]{0,40}:|\brejected:|"
    r"\baddress:|\bto command\)?:?|\bhost [^:\s]{1,100}(?: \[[^\]\s]{2,60}\])?:|\blast error(?: was)?:?|"
    r"\berror=|\bdetails:|\bcause:|\bmessage:|[\w.+=-]{1,64}@[\w.-]{1,100}>?:|\b[45]\.\d\.\d - [a-z ()/]{3,60})"
    r"[\s'\"<(\[#]{0,6}$",
    re.I,
)
_BEFORE = 190
_ENDINGS = frozenset(":;>=")
_ENDING_WORDS = (
    "said",
    "returned",
    "responded",
    "replied",
    "answered",
    "with",
    "is",
    "rcpt to",
    "command)",
    "<<",
    "was",
)
#: IronPort writes 550-'5.1.1 ...': the code before the quote is that of the reply.
_QUOTED_TEXT = re.compile(r"(?<![\d.\w])([45]\d\d)-?\s?['\"]+(?=\S)")
_DOUBLED = re.compile(r"(?<![\w.])[45]\d\d[ -](?=[45]\d\d[ -][45]\.\d\.\d{1,3}\b)|(?<=[45]\d\d )\((?=[45]\d\d[ -])")
_CONTINUED = re.compile(r"(?<=\s)([245])\d\d-(?!['\"])(?:[245]\.\d{1,3}\.\d{1,3}[ \t]*)?")
_REPLY = re.compile(r"^\W{0,4}([45][0-5]\d|5[67]1)(?=[ \-#:.'\"<]|$)")
_ANY_REPLY = re.compile(r"(?<![\d.\w-])([45][0-5]\d)(?=[ \-:#<]|$)")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_LETTERS = re.compile(r"[^\W\d_]{3}")
_MAX_WRAPS = 6


@dataclass(frozen=True, slots=True)
class QuotedReply:
    """Reply code ("550" or ""), enhanced code ("5.1.1" or ""), and words. `wrapped`: quoted by a server whose own words
    and codes mean nothing.
    """

    text: str
    code: str
    status: str
    wrapped: bool


def innermost(text: str) -> QuotedReply:
    inner = _QUOTED_TEXT.sub(r"\1 ", " ".join(text.split()))
    inner = _CONTINUED.sub(" ", f" {inner}").strip() if "-" in inner else inner
    wrapped = False
    for _ in range(_MAX_WRAPS):
        start = _last_quoted(inner)
        if start <= 0:
            break
        inner, wrapped = inner[start:], True
    if (doubled := _DOUBLED.search(inner)) is not None and doubled.start() < 4:
        inner = inner[doubled.end() :]
    return QuotedReply(inner, _code_of(inner), _status_of(inner), wrapped)


def _last_quoted(text: str) -> int:
    for code in reversed(list(_CODE.finditer(text))):
        at = code.start()
        before = text[max(0, at - _BEFORE) : at]
        if not _may_open(before):
            continue
        if _LETTERS.search(text, code.end()) and _OPENING.search(before):
            return at
    return -1


def _may_open(before: str) -> bool:
    end = before.rstrip(" '\"<([#")
    return (
        end[-1:] in _ENDINGS
        or "<<<" in before[-8:]
        or " - " in before[-70:]
        or end[-10:].lower().endswith(_ENDING_WORDS)
    )


def _code_of(text: str) -> str:
    reply = _REPLY.match(text) or _ANY_REPLY.search(text)
    return reply[1] if reply else ""


def _status_of(text: str) -> str:
    for match in _STATUS.finditer(text):
        if match[1] != "2" and match[2] + match[3] != "00":
            return f"{match[1]}.{int(match[2])}.{int(match[3])}"
    return ""

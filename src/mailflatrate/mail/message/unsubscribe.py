"""List-Unsubscribe from both sides: fields by RFC 2369 and RFC 8058 (R-56, R-57), and requests by POST or mail. Other
code decides what a request may do.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr
from enum import Enum
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN
from mailflatrate.mail.identifiers.verp import RecipientKind, parse_recipient

ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
_ONE_CLICK_VALUE: Final = "=".join(ONE_CLICK)
MAX_FORM_OCTETS: Final = 4096

_MOST_OCTETS: Final = 256 * 1024
_MOST_CHARACTERS: Final = 4_000
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FORM_NAME: Final = re.compile(rb'name=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_LONE_TOKEN: Final = re.compile(rf"(?<![A-Za-z0-9])({TOKEN_PATTERN})(?![A-Za-z0-9])")


class UnsubscribeProblem(Enum):
    """A fault in a message's unsubscribe fields; the value is a stable slug."""

    MISSING = "missing"
    REPEATED = "repeated"
    NO_ANGLE_BRACKETS = "no_angle_brackets"
    TEXT_OUTSIDE_BRACKETS = "text_outside_brackets"
    BAD_URI = "bad_uri"
    INSECURE_URI = "insecure_uri"
    UNKNOWN_SCHEME = "unknown_scheme"
    NO_HTTPS_URI = "no_https_uri"
    SEVERAL_HTTPS_URIS = "several_https_uris"
    POST_MISSING = "post_missing"
    POST_REPEATED = "post_repeated"
    POST_VALUE = "post_value"
    NOT_SIGNED = "not_signed"


_BREAKS_ONE_CLICK: Final = frozenset(UnsubscribeProblem) - {
    UnsubscribeProblem.TEXT_OUTSIDE_BRACKETS,
    UnsubscribeProblem.INSECURE_URI,
    UnsubscribeProblem.UNKNOWN_SCHEME,
    UnsubscribeProblem.BAD_URI,
}


@dataclass(frozen=True, slots=True)
class ListUnsubscribe:
    """`uris` keep their order, left-most preferred (RFC 2369 section 2)."""

    uris: tuple[str, ...]
    https_uri: str | None
    mailto_address: str | None
    problems: tuple[UnsubscribeProblem, ...]

    @property
    def is_one_click(self) -> bool:
        """Return whether a receiver may show its one-click button, RFC 8058 section 3."""
        return not _BREAKS_ONE_CLICK.intersection(self.problems)


class RequestSource(Enum):
    ENVELOPE = "envelope"
    ADDRESS_FIELD = "address_field"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class UnsubscribeMail:
    """`token` is well-formed and not yet verified. `is_answering_machine`: a bounce or automatic reply (RFC 3834), not
    a person's request; a provider's own unsubscribe button is automatic too, but not a reply.
    """

    token: str | None
    source: RequestSource | None
    from_address: str | None
    subject: str
    is_answering_machine: bool


def judge_list_unsubscribe(
    list_unsubscribe: Sequence[str],
    list_unsubscribe_post: Sequence[str],
    signed_fields: Collection[str] | None = None,
) -> ListUnsubscribe:
    """Fields may be folded or repeated. `signed_fields` are the names in a valid `h=`, in any case; None leaves the
    signature unjudged. Never raises.
    """
    problems: list[UnsubscribeProblem] = []
    if len(list_unsubscribe) != 1:
        problems.append(UnsubscribeProblem.REPEATED if list_unsubscribe else UnsubscribeProblem.MISSING)
    uris: tuple[str, ...] = ()
    if list_unsubscribe:
        uris, uri_problems = _read_uris(list_unsubscribe[0])
        problems += uri_problems
    https_uris = [uri for uri in uris if uri.lower().startswith("https:")]
    if list_unsubscribe and len(https_uris) != 1:
        several = bool(https_uris)
        problems.append(UnsubscribeProblem.SEVERAL_HTTPS_URIS if several else UnsubscribeProblem.NO_HTTPS_URI)
    if len(list_unsubscribe_post) != 1:
        several = bool(list_unsubscribe_post)
        problems.append(UnsubscribeProblem.POST_REPEATED if several else UnsubscribeProblem.POST_MISSING)
    elif list_unsubscribe_post[0].strip() != _ONE_CLICK_VALUE:
        problems.append(UnsubscribeProblem.POST_VALUE)
    if signed_fields is not None:
        signed = {name.lower() for name in signed_fields}
        if not {"list-unsubscribe", "list-unsubscribe-post"} <= signed:
            problems.append(UnsubscribeProblem.NOT_SIGNED)
    return ListUnsubscribe(
        uris=uris,
        https_uri=https_uris[0] if https_uris else None,
        mailto_address=next((_mailto_address(uri) for uri in uris if uri.lower().startswith("mailto:")), None),
        problems=tuple(dict.fromkeys(problems)),
    )


def is_one_click_post(content_type: str, body: bytes) -> bool:
    """RFC 8058 section 3.2. Never raises. Additional fields do no harm; bodies over `MAX_FORM_OCTETS` don't count."""
    if len(body) > MAX_FORM_OCTETS:
        return False
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return ONE_CLICK in parse_qsl(body.decode("ascii", "replace").strip(), keep_blank_values=True)
    if kind == "multipart/form-data":
        return _is_one_click_multipart(content_type, body)
    return False


def parse_unsubscribe_mail(raw: bytes, envelope_to: Sequence[str], envelope_from: str | None = None) -> UnsubscribeMail:
    """Never raises. `envelope_from` is "" for the null sender, None if unknown. The token is searched for in the
    envelope, the address fields, then the subject, where some webmailers put the whole mailto URI.
    """
    message = BytesParser(policy=compat32).parsebytes(raw[:_MOST_OCTETS], headersonly=True)
    subject = _field(message, "Subject")
    token, source = _find_token(message, envelope_to, subject)
    from_address = _author(message)
    return UnsubscribeMail(
        token=token,
        source=source,
        from_address=from_address if "@" in from_address else None,
        subject=subject,
        is_answering_machine=envelope_from in ("", "<>") or _is_automatic_reply(message),
    )


def _read_uris(value: str) -> tuple[tuple[str, ...], list[UnsubscribeProblem]]:
    text = value.replace("\r", "").replace("\n", "")
    references = re.findall(r"<([^<>]*)>", text)
    if not references:
        return (), [UnsubscribeProblem.NO_ANGLE_BRACKETS]
    problems = []
    outside = _without_comments(re.sub(r"<[^<>]*>", "\0", text))
    if not re.fullmatch(r"\s*\0\s*(?:,\s*\0\s*)*", outside):
        problems.append(UnsubscribeProblem.TEXT_OUTSIDE_BRACKETS)
    uris = []
    for inside in references:
        # White space in the brackets comes from folding and is dropped (RFC 2369 section 2).
        uri = re.sub(r"\s+", "", inside)
        problem = _uri_problem(uri)
        if problem is not None:
            problems.append(problem)
        if problem is not UnsubscribeProblem.BAD_URI:
            uris.append(uri)
    return tuple(uris), problems


def _without_comments(text: str) -> str:
    shorter = re.sub(r"\((?:[^()\\]|\\.)*\)", "", text)
    while shorter != text:
        text, shorter = shorter, re.sub(r"\((?:[^()\\]|\\.)*\)", "", shorter)
    return text


def _uri_problem(uri: str) -> UnsubscribeProblem | None:
    scheme = _SCHEME.match(uri)
    if scheme is None or not uri.isprintable() or not uri.isascii():
        return UnsubscribeProblem.BAD_URI
    kind = scheme.group().lower()
    if kind == "mailto:":
        return None if "@" in _mailto_address(uri) else UnsubscribeProblem.BAD_URI
    if kind not in ("https:", "http:"):
        return UnsubscribeProblem.UNKNOWN_SCHEME
    try:
        host = urlsplit(uri).hostname
    except ValueError:
        return UnsubscribeProblem.BAD_URI
    if not host:
        return UnsubscribeProblem.BAD_URI
    return UnsubscribeProblem.INSECURE_URI if kind == "http:" else None


def _mailto_address(uri: str) -> str:
    return unquote(uri.partition(":")[2].partition("?")[0].partition(",")[0])


def _is_one_click_multipart(content_type: str, body: bytes) -> bool:
    match = _BOUNDARY.search(content_type)
    if match is None:
        return False
    boundary = b"--" + (match.group(1) or match.group(2)).encode("utf-8", "replace")
    for section in body.replace(b"\r\n", b"\n").split(boundary)[1:]:
        head, _, content = section.partition(b"\n\n")
        name = _FORM_NAME.search(head)
        if (
            name
            and (name.group(1) or name.group(2)) == ONE_CLICK[0].encode()
            and content.strip() == ONE_CLICK[1].encode()
        ):
            return True
    return False


def _field(message: Message, name: str) -> str:
    value = message.get(name)
    return "" if value is None else " ".join(str(value)[:_MOST_CHARACTERS].split())


def _author(message: Message) -> str:
    try:
        return parseaddr(_field(message, "From"))[1]
    except RecursionError:  # comments in comments without end
        return ""


def _find_token(message: Message, envelope_to: Sequence[str], subject: str) -> tuple[str | None, RequestSource | None]:
    for address in envelope_to:
        read = parse_recipient(address)
        if read.kind is RecipientKind.UNSUBSCRIBE:
            return read.token, RequestSource.ENVELOPE
    for name in ("To", "Cc", "Delivered-To", "X-Original-To"):
        for candidate in re.findall(r"[^\s<>,;:\"]+@[^\s<>,;:\"]+", _field(message, name)):
            read = parse_recipient(candidate)
            if read.kind is RecipientKind.UNSUBSCRIBE:
                return read.token, RequestSource.ADDRESS_FIELD
    match = _LONE_TOKEN.search(subject)
    return (match.group(1).lower(), RequestSource.SUBJECT) if match else (None, None)


def _is_automatic_reply(message: Message) -> bool:
    submitted = re.split(r"[;(\s]", _field(message, "Auto-Submitted").lower(), maxsplit=1)[0]
    is_report = message.get_content_type() == "multipart/report"
    return submitted == "auto-replied" or is_report or "X-Autoreply" in message or "X-Autorespond" in message

"""Delivery status notifications: RFC 3464, internationalized by RFC 6533, as written; `bounce_text` judges them.
Tolerated: no blank lines between recipients, wrong media types, transfer-encoded reports, reports pasted into text.
"""

import re
from dataclasses import dataclass

from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import MimePart, decode_words

_REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status", "text/delivery-status")
_FIELD = re.compile(
    r"^[ \t>]{0,4}(final-recipient|original-recipient|x-actual-recipient|action|status|diagnostic-code|remote-mta|"
    r"reporting-mta|last-attempt-date|arrival-date|original-envelope-id|x-[\w-]+|final-log-id|"
    r"x400-content-correlator|x-display-name|will-retry-until)"
    r"[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+\S[^\n]*)*)",
    re.M | re.I,
)
_RECIPIENT_FIELDS = ("final-recipient", "original-recipient", "x-actual-recipient")
_GROUP_FIELDS = (*_RECIPIENT_FIELDS, "action", "status")
_GROUP_NAMES = frozenset(_GROUP_FIELDS)
_SHARED_FIELDS = frozenset({"reporting-mta", "arrival-date", "original-envelope-id", "received-from-mta"})
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_STATUS = re.compile(r"\b([245])\s?\.\s?(\d{1,3})\s?\.\s?(\d{1,3})\b")
_UTF8_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """`action` in lower case; `status` is "5.1.1" or ""; texts unfolded. A group that says "failed" and names no
    mailbox is a failure: `final` and `original` are "".
    """

    final: str
    original: str
    action: str
    status: str
    diagnostic: str
    remote_mta: str

    @property
    def address(self) -> str:
        return self.final or self.original


@dataclass(frozen=True, slots=True)
class DsnReport:
    reporting_mta: str
    envelope_id: str
    recipients: tuple[RecipientReport, ...]


def read_dsn(message: MimePart) -> DsnReport | None:
    """Return None if no status part has a recipient."""
    for part in message.walk():
        if part.media_type in _REPORT_TYPES:
            report = parse_fields(part.text())
            if report.recipients:
                return report
    return None


def parse_fields(text: str) -> DsnReport:
    shared: dict[str, str] = {}
    groups: list[dict[str, str]] = []
    for block in _BLANK_LINE.split(text):
        _read_block([(match[1].lower(), match[2]) for match in _FIELD.finditer(block)], shared, groups)
    recipients = [_recipient(group) for group in groups]
    return DsnReport(
        reporting_mta=_untyped(shared.get("reporting-mta", "")),
        envelope_id=_plain(shared.get("original-envelope-id", "")),
        recipients=tuple(recipient for recipient in recipients if recipient is not None),
    )


def _read_block(fields: list[tuple[str, str]], shared: dict[str, str], groups: list[dict[str, str]]) -> None:
    """Between blank lines are the message's fields, or a recipient's group starting with any field. In broken reports,
    a repeated field starts a new group, and a block without a recipient continues the group before it.
    """
    names = {name for name, _ in fields}
    if not names & _GROUP_NAMES:
        for name, value in fields:
            (groups[-1] if groups and name not in _SHARED_FIELDS else shared).setdefault(name, value)
        return
    goes_on = bool(groups) and not names & set(_RECIPIENT_FIELDS) and not names & groups[-1].keys()
    current = groups[-1] if goes_on else {}
    if not goes_on:
        groups.append(current)
    for name, value in fields:
        if name in _SHARED_FIELDS:
            shared.setdefault(name, value)
            continue
        if name in _GROUP_NAMES and name in current and any(field in current for field in _RECIPIENT_FIELDS):
            current = {}
            groups.append(current)
        current.setdefault(name, value)


def find_status(text: str) -> str:
    """RFC 3463; "" if there is none."""
    match = _STATUS.search(text)
    return f"{match[1]}.{int(match[2])}.{int(match[3])}" if match else ""


def _recipient(group: dict[str, str]) -> RecipientReport | None:
    final = _mailbox(group.get("final-recipient", ""))
    original = _mailbox(group.get("original-recipient", ""))
    actual = _mailbox(group.get("x-actual-recipient", ""))
    action = _plain(group.get("action", "")).lower().split(" ")[0].strip("().,;")
    if not (final or original or actual) and not action.startswith("fail"):
        return None
    if original and "." not in final.partition("@")[2]:
        # "dora@server": the inner name of a gateway; what was written on the envelope says more.
        final = original
    return RecipientReport(
        final=final or actual,
        original=original,
        action=action,
        status=find_status(group.get("status", "")),
        # Without a diagnostic, the comment after the status ("4.0.0 (host name lookup failure)") is all there is.
        diagnostic=_plain(group.get("diagnostic-code", "")) or _plain(group.get("status", "")).partition(" ")[2],
        remote_mta=_untyped(group.get("remote-mta", "")),
    )


def _plain(value: str) -> str:
    return " ".join(decode_words(value).split())


def _untyped(value: str) -> str:
    return _plain(value).partition(";")[2].strip() or _plain(value)


def _mailbox(value: str) -> str:
    value = _plain(value)
    # RFC 6533 3: utf-8-addr-xtext writes a character as \x{HEX}; RFC 3461 4: xtext writes it as +HH.
    kind, _, _ = value.partition(";")
    if kind.strip().lower() == "utf-8":
        value = _UTF8_ESCAPE.sub(lambda m: chr(int(m[1], 16)) if int(m[1], 16) < 0x110000 else "", value)
    elif "+3D" in value or "+2B" in value:
        value = _XTEXT.sub(lambda m: chr(int(m[1], 16)), value)
    return address.clean(value)

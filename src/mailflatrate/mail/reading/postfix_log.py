"""Parses Postfix's log, which strangers write to, line by line. Only the format: a token may be forged, and a recipient
may be anyone. Every step cuts at a fixed word from the left, so that time is linear and no text that a remote server
chose can move an earlier field.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from mailflatrate.mail.identifiers.verp import RecipientKind, parse_recipient

LONGEST_LINE: Final = 16_384
LONGEST_ENTRY: Final = 65_536
LONGEST_REPLY: Final = 2_000
LONGEST_ADDRESS: Final = 320

# "Nov 27 08:04:28 host postfix/qmgr[12]: " or "2026-11-27T08:04:28.123+00:00 host postfix/qmgr[12]: "
_HEAD: Final = re.compile(
    r"(?:<\d{1,3}>)?(?P<at>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,]{8,18}(?:Z|[+-]\d\d:?\d\d)?)"
    r" (?:\S{1,255} )?(?P<program>[\w./-]{1,80})\[\d{1,10}\]: "
)
_QUEUE_ID: Final = re.compile(r"(?P<id>[0-9A-Za-z]{5,30}): ")
_STATUS_CODE: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_DELIVERING: Final = frozenset({"smtp", "lmtp", "error", "virtual", "local", "pipe", "discard"})
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_A_DAY: Final = timedelta(days=1)


class QueueStatus(StrEnum):
    """EXPIRED: it was in the queue for too long, and is returned."""

    SENT = "sent"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class QueueArrival:
    queue_id: str
    token: str | None


@dataclass(frozen=True, slots=True)
class QueueAttempt:
    """One attempt for one recipient. `reply` has Postfix's words, with the remote server's in them. EXPIRED names no
    recipient; `token` is that of the return path.
    """

    queue_id: str
    recipient: str
    status: QueueStatus
    code: str
    reply: str
    at: datetime
    relay: str = ""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class QueueRemoval:
    queue_id: str


LogEvent = QueueArrival | QueueAttempt | QueueRemoval


def read_line(line: bytes, now: datetime) -> LogEvent | None:
    """None for a line that says nothing about a message. Never raises. `now` supplies a missing year and time zone."""
    text = line[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r\n")
    head = _HEAD.match(text)
    if head is None:
        return None
    return _event(head["program"], text[head.end() :], _moment(head["at"], now))


def read_entry(entry: bytes, now: datetime) -> tuple[LogEvent | None, str]:
    """One entry of `journalctl -o json`; return its cursor, too. Never raises."""
    if len(entry) > LONGEST_ENTRY:
        return None, ""
    try:
        fields = json.loads(entry)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(fields, dict):
        return None, ""
    cursor = fields.get("__CURSOR")
    program, message, micros = (fields.get(name) for name in ("SYSLOG_IDENTIFIER", "MESSAGE", "__REALTIME_TIMESTAMP"))
    kept = cursor if isinstance(cursor, str) and len(cursor) <= 500 else ""
    if isinstance(message, list):  # the journal gives octets that aren't UTF-8 as numbers
        message = _octets(message)
    if not isinstance(program, str) or not isinstance(message, str):
        return None, kept
    at = now
    if isinstance(micros, str) and micros.isascii() and micros.isdigit() and len(micros) <= 16:
        at = datetime.fromtimestamp(int(micros) / 1_000_000, UTC)
    return _event(program[:80], message[:LONGEST_LINE], at), kept


def _octets(numbers: list[object]) -> str | None:
    if not all(isinstance(number, int) and 0 <= number < 256 for number in numbers):
        return None
    return bytes(number for number in numbers if isinstance(number, int)).decode("utf-8", "replace")


def _event(program: str, text: str, at: datetime) -> LogEvent | None:
    place, slash, daemon = program.rpartition("/")
    queue_id = _QUEUE_ID.match(text)
    if not slash or "postfix" not in place or queue_id is None:
        return None
    rest = text[queue_id.end() :]
    if daemon == "qmgr":
        return _by_queue_manager(queue_id["id"], rest, at)
    if daemon == "postsuper" and rest == "removed":
        return QueueRemoval(queue_id["id"])
    if daemon in _DELIVERING and rest.startswith("to=<"):
        return _by_delivery(queue_id["id"], rest, at)
    return None


def _by_queue_manager(queue_id: str, rest: str, at: datetime) -> LogEvent | None:
    if rest == "removed":
        return QueueRemoval(queue_id)
    if not rest.startswith("from=<"):
        return None
    sender, mark, after = rest[6:].partition(">, ")
    if not mark or len(sender) > LONGEST_ADDRESS:
        return None
    if after.startswith("status=expired"):
        return QueueAttempt(queue_id, "", QueueStatus.EXPIRED, "", "", at, token=_token(sender))
    return QueueArrival(queue_id, _token(sender))


def _by_delivery(queue_id: str, rest: str, at: datetime) -> QueueAttempt | None:
    recipient, mark, after = rest[4:].partition(">, ")
    fields, separator, outcome = after.partition(", status=")
    status, bracket, reply = outcome.partition(" (")
    if not (mark and separator and bracket) or status not in (
        QueueStatus.SENT,
        QueueStatus.DEFERRED,
        QueueStatus.BOUNCED,
    ):
        return None
    code = _field(fields, "dsn=")
    # An alias on the relay changes the recipient; the one that we gave is listed as well.
    original = fields.partition(", ")[0]
    if original.startswith("orig_to=<") and original.endswith(">"):
        recipient = original[9:-1]
    if len(recipient) > LONGEST_ADDRESS:
        return None
    return QueueAttempt(
        queue_id,
        recipient,
        QueueStatus(status),
        code if _STATUS_CODE.fullmatch(code) else "",
        reply.removesuffix(")")[:LONGEST_REPLY],
        at,
        _field(fields, "relay=")[:255],
    )


def _field(fields: str, name: str) -> str:
    _, separator, value = f", {fields}".rpartition(f", {name}")
    return value.partition(", ")[0] if separator else ""


def _token(sender: str) -> str | None:
    address = parse_recipient(sender)
    return address.token if address.kind is RecipientKind.BOUNCE else None


def _moment(written: str, now: datetime) -> datetime:
    try:
        if written[0].isdigit():
            moment = datetime.fromisoformat(written.replace(",", "."))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=now.astimezone().tzinfo)
        else:
            here = now.astimezone()
            hour, minute, second = (int(part) for part in written[7:].split(":"))
            month = _MONTHS.index(written[:3]) + 1
            moment = datetime(here.year, month, int(written[4:6]), hour, minute, second, tzinfo=here.tzinfo)
            if moment > now + _A_DAY:
                moment = moment.replace(year=here.year - 1)
    except (ValueError, OverflowError):
        return now
    return min(moment.astimezone(UTC), now)

"""Reads a non-standard bounce: whether a machine wrote it, in which dialect, and which recipient it names."""

import re
from dataclasses import dataclass
from functools import lru_cache

from mailflatrate.mail.bounce_text.asia import ASIA, FML
from mailflatrate.mail.bounce_text.bystanders import accused
from mailflatrate.mail.bounce_text.classic import CLASSIC
from mailflatrate.mail.bounce_text.dialect import (
    COMMON_ENDINGS,
    BounceDialect,
    NamedRecipient,
    end_of,
    named_by,
    opening_of,
)
from mailflatrate.mail.bounce_text.evidence import BounceEvidence, has_code
from mailflatrate.mail.bounce_text.gateways import GATEWAYS
from mailflatrate.mail.bounce_text.generic import generic_notice, is_daemon
from mailflatrate.mail.bounce_text.groupware import GROUPWARE
from mailflatrate.mail.bounce_text.providers import PROVIDER_DIALECTS
from mailflatrate.mail.bounce_text.undelivered import says_undelivered, says_waiting
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.mime import MimePart
from mailflatrate.mail.reading.original import carried_headers
from mailflatrate.mail.reading.reply import asks_for_proof, is_challenge

#: Most to least authoritative: systems whose form no other system uses come first.
DIALECTS: tuple[BounceDialect, ...] = (*PROVIDER_DIALECTS, *ASIA, *GATEWAYS, *GROUPWARE, *CLASSIC, FML)

_MACHINE_SENDER = re.compile(
    r"mailer[-_ ]?daemon|post[-_]?master|mdaemon|maildaemon|mail[ ._-]?deliver|deliver(?:y)?[ ._-](?:sub)?system|"
    r"delivery subsystem|system administrator|mail ?system|mailserver|<>|systemadministrator|imss@|symantec|antivirus|"
    r"interscan|mailmarshal|delivery-?status|no-reply@[\w.-]*dion\.ne\.jp|mail-?admin|"
    r"administrator@|sysadmin@|mail-daemon|sns\.amazonaws",
    re.I,
)
_FAILURE_SUBJECT = re.compile(
    r"undeliver|returned mail|return(?:ed)? to sender|"
    r"deliver\w* (?:status|fail|problem|delay|error|warning|has failed)|"
    r"failure (?:notice|delivery)|delivery notification|"
    r"mail (?:delivery |system )?(?:fail|error)|non[- ]?deliver|not (?:be )?delivered|"
    r"could ?n[o']t (?:be )?(?:deliver|send)|failed (?:mail|delivery|message)|delayed|bounce|"
    r"message (?:delivery )?(?:failure|delayed|status|frozen)|user unknown|returning message|unzustellbar|"
    r"nicht zustellbar|nicht zugestellt|zustellung|rejected|non remis|non distribu|remise|no entregado|"
    r"non recapitat|mancato recapito|"
    r"mislukt|onbestelbaar|не доставлено|недоставлен|ne peut être|nije isporu|olevererbart|kunde inte levereras|"
    r"could not send|error sending|processing error|loop alert|are not member|niedostarcz|"
    r"nedoručiteln|kézbesíthetetlen|teslim edilem|αποτυχία παράδοσης|nelivrat|kan ikke leveres|ei voida toimittaa|"
    r"não entregue|no se puede entregar|не вда[єл]ося|반송|전송 ?실패|配信エラー|配送エラー|未能送达|无法投递|"
    r"送信エラー|配信不能|送信でき|メールエラー|退信|传输失败|系统退信|returned|aws notification",
    re.I,
)

#: Words for a delay, for notices in unknown dialects.
_DELAY = re.compile(
    r"\bdelayed\b|delivery delay|not yet been delivered|will (?:be retried|keep trying|continue to try|try again)|"
    r"still (?:being retried|trying)|has been (?:postponed|deferred)|verzögert|en attente|retrasad|ritard",
    re.I,
)
#: X.400's alphabet has no "@" (RFC 2156 3.4).
_X400_AT = re.compile(r"(\brfc-?822=[\w.+-]{1,128})\(a\)", re.I)
_ANSWER_SUBJECT = re.compile(r"\s*(?:re|aw|fwd?|wg|antw|sv|tr|rv)\s*:", re.I)
# What Exim tells its own postmaster: nothing was returned, and no delivery has ended.
_TO_POSTMASTER = re.compile(r"\bfrozen\b|error\(s\) in forwarding or filtering", re.I)


@dataclass(frozen=True, slots=True)
class BounceNotice:
    writer: str
    named: tuple[NamedRecipient, ...]
    delayed: bool
    text: str


def read_notice(message: MimePart) -> BounceNotice | None:
    """Return None if no machine wrote it or it says nothing about delivery."""
    sender = message.headers.raw("from")
    machine = is_machine_sender(message, sender)
    subject = message.headers.text("subject")
    failure = _FAILURE_SUBJECT.search(subject) is not None or (machine and says_undelivered(subject))
    if not (machine or failure or "x-failed-recipients" in message.headers) or _TO_POSTMASTER.search(subject):
        return None
    evidence = BounceEvidence(message, named=_names_machine(sender or "<>"), failure=failure)
    text = _X400_AT.sub(r"\1@", notice_text(message))
    lower = text.lower()
    nameless: BounceNotice | None = None
    for dialect in DIALECTS:
        start = opening_of(dialect, lower)
        if start < 0 or _quoted(lower, start):
            continue
        notice = _in_dialect(dialect, message, text, lower, start, machine)
        if notice is not None and notice.named and evidence.believable(notice.text, known_form=True):
            return notice
        nameless = nameless or notice
    if nameless is not None and not evidence.proven(nameless.text):
        nameless = None
    return _generic(message, text, lower, evidence) or nameless


def is_machine_sender(message: MimePart, sender: str) -> bool:
    if not sender or "x-mlserver" in message.headers or _names_machine(sender):
        return True
    path = message.headers.raw("return-path")
    return path == "<>" or (bool(path) and "mailer-daemon" in path.lower())


@lru_cache(maxsize=1024)
def _names_machine(sender: str) -> bool:
    """Cached: every reader checks, and a few daemons write most notices."""
    return _MACHINE_SENDER.search(sender) is not None


def failed_recipients_header(message: MimePart) -> list[str]:
    mailboxes: list[str] = []
    for value in message.headers.all("x-failed-recipients"):
        mailboxes.extend(mailbox for piece in value.split(",") if (mailbox := address.clean(piece)))
    return mailboxes


def _in_dialect(
    dialect: BounceDialect, message: MimePart, text: str, lower: str, start: int, machine: bool
) -> BounceNotice | None:
    end = end_of(dialect, lower, start)
    begin = 0 if dialect.whole else start
    region = text[begin:end] if len(lower) == len(text) else text
    if not machine and _is_paste(message, text[:start]):
        return None
    named = accused(message, named_by(dialect, region), region)
    header = failed_recipients_header(message)
    if header:
        named = _prefer_header(header, named, region)
    if not named and not machine:
        return None
    if asks_for_proof(region) and not has_code(region):
        return None  # it holds the mail back until its sender answers; nothing failed
    region_lower = region.lower()
    delayed = any(phrase in region_lower for phrase in dialect.delays)
    return BounceNotice(dialect.writer, tuple(named), delayed, region)


def _is_paste(message: MimePart, before: str) -> bool:
    headers = message.headers
    if "in-reply-to" in headers or "references" in headers:
        return True
    if "list-id" in headers and carried_headers(message) is None:
        return True
    if _ANSWER_SUBJECT.match(headers.raw("subject")) is not None:
        return True
    return any(line.rstrip().endswith((",", ":", "!", "?")) for line in before.split("\n"))


def _prefer_header(header: list[str], named: list[NamedRecipient], region: str) -> list[NamedRecipient]:
    texts = {item.address.lower(): item.diagnostic for item in named}
    return [NamedRecipient(mailbox, texts.get(mailbox.lower(), region)) for mailbox in dict.fromkeys(header)]


def _generic(message: MimePart, text: str, lower: str, evidence: BounceEvidence) -> BounceNotice | None:
    end = len(lower)
    for phrase in COMMON_ENDINGS:
        at = lower.find(phrase, 1, end)
        if at >= 0:
            end = at
    region = text[:end] if len(lower) == len(text) else text
    header = failed_recipients_header(message)
    if header:
        return BounceNotice("X-Failed-Recipients", tuple(_prefer_header(header, [], region)), False, region)
    if not evidence.speaks_of_delivery(region) or not evidence.believable(region):
        return None
    if is_challenge(message):
        # It holds the mail back until its sender answers; nothing failed.
        return None
    named = generic_notice(message, region, failure=evidence.failure)
    if not named and not (evidence.failure and (is_daemon(message) or evidence.is_system) and evidence.shown(region)):
        return None
    delayed = _DELAY.search(f"{message.headers.text('subject')}\n{region}") is not None or says_waiting(region)
    return BounceNotice("unknown", tuple(named), delayed, region)


def _quoted(lower: str, at: int) -> bool:
    line = lower.rfind("\n", 0, at) + 1
    return lower[line:at].lstrip().startswith((">", "|  "))

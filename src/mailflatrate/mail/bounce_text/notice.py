"""Reading a home-made bounce: is it a machine's notice at all, which dialect is it in, and whom does it name."""

import re
from dataclasses import dataclass
from functools import lru_cache

from mailflatrate.mail.bounce_text.asia import ASIA, FML
from mailflatrate.mail.bounce_text.classic import CLASSIC
from mailflatrate.mail.bounce_text.dialect import COMMON_ENDINGS, Dialect, Named, end_of, named_by, opening_of
from mailflatrate.mail.bounce_text.gateways import GATEWAYS
from mailflatrate.mail.bounce_text.generic import generic_notice, is_daemon
from mailflatrate.mail.bounce_text.groupware import GROUPWARE
from mailflatrate.mail.bounce_text.providers import PROVIDER_DIALECTS
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.mime import Part
from mailflatrate.mail.reading.original import returned_headers
from mailflatrate.mail.reply import is_auto_reply

#: Most to least authoritative: who writes a form that nobody else writes comes first.
DIALECTS: tuple[Dialect, ...] = (*PROVIDER_DIALECTS, *ASIA, *GATEWAYS, *GROUPWARE, *CLASSIC, FML)

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

#: Words of a delay, for notices in unknown dialects.
_DELAY = re.compile(
    r"\bdelayed\b|delivery delay|not yet been delivered|will (?:be retried|keep trying|continue to try|try again)|"
    r"still (?:being retried|trying)|has been (?:postponed|deferred)|verzögert|en attente|retrasad|ritard",
    re.I,
)
#: Mailboxes that only systems write from; a notice may have come through a list or through an envelope of its own.
_SYSTEM_MAILBOX = re.compile(
    r"[\w.+=-]*(?:(?:mailer|mail|m)[-_.]?daemon|post[-_.]?master|mail[-_.]?(?:delivery|system|admin|er)|sysadmin)"
    r"[\w.+=-]*@",
    re.I,
)
_PASSING_MAILBOX = re.compile(r"[\w.+=-]*(?:bounces?|-admin|-owner|-request)(?:[+=-][\w.+=-]*)?@", re.I)
_TRACE = re.compile(
    r"\b[45][0-5]\d[ -]|\b[45]\.\d{1,2}\.\d{1,3}\b|user unknown|unknown user|no such user|user not found|host unknown|"
    r"host not found|mailbox (?:is )?full|quota exceeded|over quota|<<<|>>>",
    re.I,
)
_ANSWER_SUBJECT = re.compile(r"\s*(?:re|aw|fwd?|wg|antw|sv|tr|rv)\s*:", re.I)
#: What Exim tells its own postmaster: nothing came back, nobody's delivery has ended.
_TO_POSTMASTER = re.compile(r"\bfrozen\b|error\(s\) in forwarding or filtering", re.I)


@dataclass(frozen=True, slots=True)
class Notice:
    """A machine's notice that delivery failed or waits. `writer` names the dialect; `text` is what was read."""

    writer: str
    named: tuple[Named, ...]
    delayed: bool
    after_data: bool
    text: str


def read_notice(message: Part) -> Notice | None:
    """The notice in the message, or None when it is no machine's or says nothing about delivery."""
    sender = message.headers.raw("from")
    machine = is_machine_sender(message, sender)
    subject = message.headers.text("subject")
    failure = _FAILURE_SUBJECT.search(subject) is not None
    if not (machine or failure or "x-failed-recipients" in message.headers) or _TO_POSTMASTER.search(subject):
        return None
    text = notice_text(message)
    lower = text.lower()
    nameless: Notice | None = None
    for dialect in DIALECTS:
        start = opening_of(dialect, lower)
        if start < 0 or _quoted(lower, start):
            continue
        notice = _in_dialect(dialect, message, text, lower, start, machine)
        if notice is not None and notice.named:
            return notice
        nameless = nameless or notice
    return _generic(message, text, lower, machine, failure) or nameless


def is_machine_sender(message: Part, sender: str) -> bool:
    """Whether the header says that no person wrote this."""
    if not sender or "x-mlserver" in message.headers or _names_machine(sender):
        return True
    path = message.headers.raw("return-path")
    return path == "<>" or (bool(path) and "mailer-daemon" in path.lower())


@lru_cache(maxsize=1024)
def _names_machine(sender: str) -> bool:
    """Kept, because every reader asks again, and because few daemons write most notices."""
    return _MACHINE_SENDER.search(sender) is not None


def failed_recipients_header(message: Part) -> list[str]:
    """The addresses of X-Failed-Recipients, which Exim and Google write."""
    found: list[str] = []
    for value in message.headers.all("x-failed-recipients"):
        found.extend(mailbox for piece in value.split(",") if (mailbox := address.clean(piece)))
    return found


def _in_dialect(dialect: Dialect, message: Part, text: str, lower: str, start: int, machine: bool) -> Notice | None:
    end = end_of(dialect, lower, start)
    begin = 0 if dialect.whole else start
    region = text[begin:end] if len(lower) == len(text) else text
    if not machine and _is_paste(message, text[:start]):
        return None
    named = named_by(dialect, region)
    header = failed_recipients_header(message)
    if header:
        named = _prefer_header(header, named, region)
    if not named and not machine:
        return None
    region_lower = region.lower()
    delayed = any(phrase in region_lower for phrase in dialect.delays)
    return Notice(dialect.writer, tuple(named), delayed, dialect.after_data, region)


def _is_paste(message: Part, before: str) -> bool:
    """People who talk about a bounce paste it into an answer, into a mail to a list, or below words of their own."""
    headers = message.headers
    if "in-reply-to" in headers or "references" in headers or "list-id" in headers:
        return True
    if _ANSWER_SUBJECT.match(headers.raw("subject")) is not None:
        return True
    return any(line.rstrip().endswith((",", ":", "!", "?")) for line in before.split("\n"))


def _prefer_header(header: list[str], named: list[Named], region: str) -> list[Named]:
    texts = {item.address.lower(): item.diagnostic for item in named}
    return [Named(mailbox, texts.get(mailbox.lower(), region)) for mailbox in dict.fromkeys(header)]


def _generic(message: Part, text: str, lower: str, machine: bool, failure: bool) -> Notice | None:
    end = len(lower)
    for phrase in COMMON_ENDINGS:
        at = lower.find(phrase, 1, end)
        if at >= 0:
            end = at
    region = text[:end] if len(lower) == len(text) else text
    header = failed_recipients_header(message)
    if header:
        return Notice("X-Failed-Recipients", tuple(_prefer_header(header, [], region)), False, False, region)
    if not _names_machine(message.headers.raw("from") or "<>") and (not failure or is_auto_reply(message)):
        # Only the null sender speaks for a machine, and vacation notes have it, too (RFC 3834 3.3).
        return None
    if not _is_from_system(message) and (_is_bulk(message) or not _shows_trace(message, region)):
        return None
    named = generic_notice(message, region, machine=machine, failure=failure)
    if not named and not (failure and is_daemon(message)):
        return None
    delayed = _DELAY.search(f"{message.headers.text('subject')}\n{region}") is not None
    return Notice("unknown", tuple(named), delayed, False, region)


def _is_from_system(message: Part) -> bool:
    """Whether mailbox and return path are those of a mail system. A name proves nothing: thieves of passwords call
    themselves "Mail Delivery System", but their mail comes from a mailbox of theirs.
    """
    mailbox = address.clean(message.headers.raw("from"))
    path = address.clean(message.headers.raw("return-path"))
    if mailbox and not _SYSTEM_MAILBOX.match(mailbox):
        return False
    return not path or bool(_SYSTEM_MAILBOX.match(path) or _PASSING_MAILBOX.match(path))


def _is_bulk(message: Part) -> bool:
    """Newsletters are sent from bounces@ and write about bounces, too."""
    headers = message.headers
    return "list-unsubscribe" in headers or "list-id" in headers


def _shows_trace(message: Part, region: str) -> bool:
    """Whether a notice shows what only a mail system knows: a code, its words, or the mail that it returns."""
    return _TRACE.search(region) is not None or returned_headers(message) is not None


def _quoted(lower: str, at: int) -> bool:
    """Whether the opening stands in a line that somebody quotes."""
    line = lower.rfind("\n", 0, at) + 1
    return lower[line:at].lstrip().startswith((">", "|  "))

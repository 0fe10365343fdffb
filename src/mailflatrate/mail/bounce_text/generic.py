"""The last resort: a machine says in its own words that delivery failed, and names an address nearby."""

import re

from mailflatrate.mail.bounce_text.bystanders import accused, not_at_home, without_quotes
from mailflatrate.mail.bounce_text.contacts import labelled_recipients
from mailflatrate.mail.bounce_text.dialect import ADDR, NamedRecipient
from mailflatrate.mail.bounce_text.evidence import NULL_PATHS, is_system_mailbox
from mailflatrate.mail.bounce_text.undelivered import says_undelivered, says_waiting, tells_of_delivery, tells_refusal
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import MimePart

_FAILURE_WORDS = re.compile(
    r"(?:could|can|was|has|is|were)(?: ?not|n't) (?:be )?(?:been )?(?:deliver|reach|sent|send|able to deliver)|"
    r"undeliver|unable to (?:deliver|send|reach)|"
    r"delivery (?:has )?(?:failed|error|failure|problem|to the following)|failed to deliver|error delivering|"
    r"delivery (?:to|of) [^.\n]{0,60}failed|failed delivery|"
    r"unable to find user|failed permanently|did not (?:reach|receive)|not (?:been )?delivered|user unknown|"
    r"(?:is|been) delayed|will (?:keep|continue) (?:trying|to try)|couldn['’]t be found|"
    r"unknown user|no such user|not a valid user|mailbox (?:is )?full|quota|does not exist|"
    r"returned to (?:you|sender)|rejected|nicht zugestellt|unzustellbar|nicht zustellbar|"
    r"problems?[^.]{0,60}(?:trying|attempting) to deliver|"
    r"non (?:è|e') stat[oa] (?:possibile|recapitat|consegnat)|"
    r"(?:has been|was) (?:delayed|postponed|returned|rejected|bounced|blocked)|has left|non recapitat|"
    r"no (?:ha podido|pudo) (?:ser entregado|entregarse)|no se (?:ha podido|pudo) entregar|"
    r"impossibile (?:recapitare|consegnare)|nie (?:została|można) dostarcz|n'a pas pu|n'a pu [eê]tre|"
    r"não (?:pode|foi)|não pôde|送信できません|配信できません|"
    r"nepodařilo (?:se )?doručit|nem sikerült kézbesíteni|teslim edilem|δεν παραδόθηκε|nu a putut fi livrat|"
    r"ei voitu toimittaa|не доставлен|전송에 실패|전송하지 못|전달되지 못|"
    r"配送できません|配信されません|未能送达|无法送达|投递失败|"
    r"не может быть доставлено|не было доставлено|kunne ikke leveres|kunde inte levereras|"
    r"kon niet worden|nie (?:mogła|może) zostać|permanent(?:ly)? (?:error|fail)",
    re.I,
)
#: With a telling subject, the code of the refusal says enough, in whatever language the rest is.
_CODE = re.compile(r"(?<![\d.-])5[0-5]\d[ -]\S|(?<![\d.])5\.\d\.\d{1,3}(?![\d.])")
_REFUSED = re.compile(
    rf"{_CODE.pattern}|(?<![\d.-])4[0-5]\d[ -]\S|un(?:known|deliver)|no such|failed|full|quota|has left|invalid|"
    r"not a valid|(?:not|n't|n’t) (?:be |been )?(?:deliver|found|exist)",
    re.I,
)
_LABELLED = re.compile(
    rf"(?<![\w.@+-])(?:recipient|address|delivery (?:failed )?to|delivering [\w ]{{0,24}}to|delivered to|"
    rf"undeliverable to|sent (?:mail )?to|message to|mail to|addressed to|rcpt to|user|mailbox|failed for|"
    rf"for|to|an|à|empfänger|destinatario|destinataire|收件人)"
    rf"(?:\(s\))?(?: is| was)?(?:[ \t]*[:：]\s{{0,8}}|[ \t]+|[ \t]*\n[ \t]*|(?=<))"
    rf"(?:\[?smtp:)?[<\"'(\[]*({ADDR}?)(?=[\s<>\"'),;:\]!]|\.(?:\s|$)|$)",
    re.I,
)
_ALONE = re.compile(rf"^[ \t*>-]{{0,8}}[<\"'\[(]?({ADDR})[>\"'\])]?[ \t]*(?::.*|\(.*|\[.*|-.*|,)?$", re.M)
_MAX_ROWS = 100
_SERVANTS = frozenset(
    {"postmaster", "mailer-daemon", "abuse", "support", "help", "helpdesk", "webmaster", "noreply", "no-reply"}
)


def generic_notice(message: MimePart, text: str, *, failure: bool) -> list[NamedRecipient]:
    if not (failure and is_daemon(message)):
        if not _speaks_of_failure(text[:6000], failure=failure):
            return []
        if not failure and not _strong(message, text):
            return []
    head = without_quotes(text[:6000])
    if labelled := _labelled(message, head):
        return labelled
    rows = _rows(message, head)
    for region in (head[_failure_line(head) :], head):
        for pattern in (_ALONE, _LABELLED):
            recipients = _collect(message, pattern, region)
            if pattern is _LABELLED:
                recipients = not_at_home(message, recipients)
            if recipients:
                return recipients if len(recipients) >= len(rows) else rows
    if rows:
        return rows
    rest = [NamedRecipient(mailbox, head) for mailbox in address.find_all(head) if not _is_servant(mailbox)]
    rest = not_at_home(message, accused(message, rest, head))
    # If the prose names several addresses, it is unknown which one failed.
    return rest if len(rest) == 1 else []


def _rows(message: MimePart, text: str) -> list[NamedRecipient]:
    lines = text.split("\n")
    recipients: dict[str, NamedRecipient] = {}
    columns: set[str] = set()
    for index, line in enumerate(lines):
        named = address.find_all(line) if "@" in line and len(recipients) < _MAX_ROWS else []
        if len(named) != 1 or _is_servant(named[0]):
            continue
        below = lines[index + 1] if index + 1 < len(lines) else ""
        row = line if "@" in below or not below[:1].isspace() else f"{line}\n{below}"
        column = line[: len(line) - len(line.lstrip())]
        if (column and column in columns) or _CODE.search(row) or tells_refusal(row):
            columns.add(column)
            recipients.setdefault(named[0].lower(), NamedRecipient(named[0], row))
    left = accused(message, list(recipients.values()), text) if len(recipients) > 1 else []
    return left if len(left) > 1 else []


def _labelled(message: MimePart, text: str) -> list[NamedRecipient]:
    places = labelled_recipients(text)
    recipients = []
    for mailbox, at in places:
        until = min((start for _, start in places if start > at), default=len(text))
        recipients.append(NamedRecipient(mailbox, text[at:until]))
    recipients = accused(message, recipients)
    return [NamedRecipient(recipients[0].address, text)] if len(recipients) == 1 else recipients


def _speaks_of_failure(text: str, *, failure: bool) -> bool:
    if _FAILURE_WORDS.search(text) or (failure and _CODE.search(text)) or says_undelivered(text):
        return True
    if says_waiting(text):
        return True
    return tells_refusal(text)


def _failure_line(text: str) -> int:
    match = _FAILURE_WORDS.search(text)
    return text.rfind("\n", 0, match.start()) + 1 if match else 0


def is_daemon(message: MimePart) -> bool:
    mailbox = address.clean(message.headers.raw("from")).lower()
    return mailbox.startswith(("mailer-daemon@", "mailerdaemon@", "mail-daemon@")) or (
        not mailbox and "daemon" in message.headers.raw("from").lower()
    )


def _strong(message: MimePart, text: str) -> bool:
    """Without a telling subject, trust only short texts: from no sender, from a daemon, or with refusal wording."""
    if len(text) >= 3000:
        return False
    sender = message.headers.raw("from")
    if not address.clean(sender) or "daemon" in sender.lower():
        return True
    path = message.headers.raw("return-path").lower()
    if path in NULL_PATHS and is_system_mailbox(address.clean(sender)) and tells_of_delivery(text):
        return True
    return path in (*NULL_PATHS, "") and _REFUSED.search(text) is not None


def _collect(message: MimePart, pattern: re.Pattern[str], text: str) -> list[NamedRecipient]:
    matches = list(pattern.finditer(text))
    recipients: list[NamedRecipient] = []
    seen: set[str] = set()
    for index, match in enumerate(matches):
        mailbox = address.clean(match[1])
        if not mailbox or mailbox.lower() in seen or _is_servant(mailbox):
            continue
        seen.add(mailbox.lower())
        until = matches[index + 1].start() if index + 1 < len(matches) else len(text)
        recipients.append(NamedRecipient(mailbox, text[match.start() : until]))
    recipients = accused(message, recipients, text)
    if len(recipients) == 1:
        return [NamedRecipient(recipients[0].address, text)]
    return recipients


def _is_servant(mailbox: str) -> bool:
    return mailbox.lower().partition("@")[0] in _SERVANTS

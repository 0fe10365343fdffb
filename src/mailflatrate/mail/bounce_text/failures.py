"""Extracts the failed recipients in whatever form they are reported: a status part, pasted fields, free text."""

import re
from dataclasses import dataclass, replace

from mailflatrate.mail.bounce_text.bystanders import own_addresses, verp_recipient
from mailflatrate.mail.bounce_text.notice import BounceNotice, failed_recipients_header, is_machine_sender, read_notice
from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.dsn import DsnReport, RecipientReport, parse_fields, read_dsn
from mailflatrate.mail.reading.forward import find_forward
from mailflatrate.mail.reading.mime import MimePart, parse
from mailflatrate.mail.reading.original import returned_headers
from mailflatrate.mail.reading.sns import read_notification
from mailflatrate.mail.reading.values import BounceOutcome, BounceReason, BounceVerdict, BounceWitness, Failure

#: Subtypes of a permanent bounce that say that the mailbox does not exist (SES developer guide, "Bounce types").
_DEAD_SUBTYPES = frozenset({"General", "NoEmail"})


def read_ses(message: MimePart) -> tuple[Failure, ...]:
    data = read_notification(message)
    bounce = data.get("bounce") if data is not None else None
    if not isinstance(bounce, dict) or not isinstance(bounce.get("bouncedRecipients"), list):
        return ()
    failures = [_ses_failure(item, bounce) for item in bounce["bouncedRecipients"] if isinstance(item, dict)]
    return tuple(failure for failure in failures if failure.address)


def _ses_failure(item: dict[str, object], bounce: dict[str, object]) -> Failure:
    status, diagnostic = str(item.get("status", "")), str(item.get("diagnosticCode", ""))
    verdict = judge(diagnostic, status, final=True)
    if bounce.get("bounceType") == "Permanent" and bounce.get("bounceSubType") in _DEAD_SUBTYPES:
        verdict = _with_subtype(verdict, status, no_email=bounce.get("bounceSubType") == "NoEmail")
    return Failure(address.clean(str(item.get("emailAddress", ""))), "failed", status, diagnostic, "", verdict)


def _with_subtype(verdict: BounceVerdict, status: str, *, no_email: bool) -> BounceVerdict:
    """Amazon's verdict supports ours, and decides if the reply says nothing."""
    witnesses = tuple(dict.fromkeys((*verdict.witnesses, BounceWitness.CODE)))
    if verdict.hard:
        return replace(verdict, witnesses=witnesses)
    if no_email or verdict.reason is BounceReason.UNDEFINED:
        return BounceVerdict(BounceReason.USERUNKNOWN, True, status or "5.1.1", BounceOutcome.RECIPIENT_HARD, witnesses)
    return verdict


_REFUSED_COMMAND = re.compile(r">>> (RCPT|MAIL)[^\n]*\n[ \t]*(?:<<<[ \t]*)?[45]\d\d", re.I)
_IN_REPLY_TO = re.compile(r"in reply\s+to\s+(?:end\s+of\s+)?(?:RCPT\s+TO|MAIL\s+FROM|DATA)", re.I)
_FAILED = ("failed", "failure", "fail", "undeliverable", "error")
_DELAYED = ("delayed", "delay", "expired-delayed")
_GOOD = ("delivered", "relayed", "expanded", "deliverable", "delivery")
_FOR = re.compile(r"\bfor <?([^\s<>;]+@[^\s<>;]+)>?")
_MAX_NESTING = 3
#: A shorter diagnostic is only a code.
_MUTE = 12


@dataclass(frozen=True, slots=True)
class Failures:
    recipients: tuple[Failure, ...]
    delayed: bool
    writer: str
    verdict: BounceVerdict

    @property
    def hardest(self) -> BounceVerdict:
        for failure in self.recipients:
            if failure.verdict.hard:
                return failure.verdict
        return self.verdict


def read_failures(message: MimePart, nesting: int = 0) -> Failures | None:
    report = read_dsn(message)
    if report is not None:
        return _from_report(report, message)
    reported = read_ses(message)
    if reported:
        return Failures(reported, False, "Amazon SES", reported[0].verdict)
    pasted = _pasted_report(message)
    if pasted is not None and (failures := _from_report(pasted, message)) is not None:
        return failures
    notice = read_notice(message)
    failures = _from_notice(notice) if notice is not None else None
    if failures is not None and failures.recipients:
        return failures
    return _nested(message, nesting) or (failures and _completed(failures, message))


def reports_success(message: MimePart) -> bool:
    """Return whether the message is a status report that reports only success (RFC 3464 2.3.3)."""
    report = read_dsn(message)
    return report is not None and all(_is_good(group) for group in report.recipients)


def _nested(message: MimePart, nesting: int) -> Failures | None:
    if nesting >= _MAX_NESTING or not is_machine_sender(message, message.headers.raw("from")):
        return None
    for part in message.walk()[1:]:
        if part.media_type == "message/rfc822":
            inner = parse(part.data())
            if is_machine_sender(inner, inner.headers.raw("from")):
                return read_failures(inner, nesting + 1)
            return None
    return None


def _completed(failures: Failures, message: MimePart) -> Failures:
    recipient = _addressee(message)
    if not recipient:
        return failures
    action = "delayed" if failures.delayed else "failed"
    return replace(failures, recipients=(Failure(recipient, action, "", "", "", failures.verdict),))


def _addressee(message: MimePart) -> str:
    if (reported := verp_recipient(message)) or (reported := next(iter(failed_recipients_header(message)), "")):
        return reported
    own = own_addresses(message)
    headers = returned_headers(message)
    if headers is None:
        quoted = find_forward(notice_text(message), message.headers.text("subject"))
        named = address.find_all(quoted.to) if quoted else []
        return named[0] if len(named) == 1 and named[0].lower() not in own else ""
    for name in ("x-failed-recipients", "delivered-to", "x-original-to", "to"):
        named = [mailbox for value in headers.all(name) for mailbox in address.find_all(value)]
        if len(named) == 1 and named[0].lower() not in own:
            return named[0]
    for value in headers.all("received"):
        if (match := _FOR.search(value)) and match[1].lower() not in own:
            return address.clean(match[1])
    return ""


def _from_report(report: DsnReport, message: MimePart) -> Failures | None:
    groups = [group for group in report.recipients if not _is_good(group)]
    if not groups:
        return None
    text = notice_text(message)
    delayed = all(_is_delayed(group) for group in groups)
    failures: dict[str, Failure] = {}
    for group in groups:
        failure = _failure(group, text, alone=len(groups) == 1)
        failures.setdefault(failure.address.lower(), failure)
    listed = tuple(failures.values())
    named = tuple(failure for failure in listed if failure.address)
    summary = Failures(named, delayed, report.reporting_mta or "RFC 3464", listed[0].verdict)
    return summary if named else _completed(summary, message)


def _is_good(group: RecipientReport) -> bool:
    return group.action in _GOOD or (group.action not in (*_FAILED, *_DELAYED) and group.status.startswith("2"))


def _is_delayed(group: RecipientReport) -> bool:
    return group.action in _DELAYED


def _failure(group: RecipientReport, text: str, *, alone: bool) -> Failure:
    delayed = _is_delayed(group)
    final = group.action in _FAILED
    context = _context(text, group.address, alone=alone)
    verdict = judge(f"{group.diagnostic}\n{_stage(context)}", group.status, delayed=delayed, final=final)
    if verdict.reason is BounceReason.UNDEFINED or len(group.diagnostic) < _MUTE:
        reported = judge(f"{group.diagnostic}\n{context}", group.status, delayed=delayed, final=final)
        # The notice's prose explains a bare code; if it says nothing of its own, the code decides.
        verdict = verdict if verdict.hard and reported.reason is BounceReason.REJECTED else reported
    action = group.action or "failed"
    diagnostic = group.diagnostic or context[:500]
    return Failure(group.address, action, group.status, diagnostic, group.original, verdict)


def _stage(context: str) -> str:
    """Return the refused command in Postfix's words; Sendmail's transcript shows it one line before the refusal."""
    if (stage := _IN_REPLY_TO.search(context)) is not None:
        return stage[0]
    if (command := _REFUSED_COMMAND.search(context)) is not None:
        return f"in reply to {'RCPT TO' if command[1].upper() == 'RCPT' else 'MAIL FROM'}"
    return "in reply to end of data" if ">>> DATA" in context else ""


def _context(text: str, mailbox: str, *, alone: bool) -> str:
    at = -1 if alone else text.lower().find(mailbox.lower())
    return text[:3000] if at < 0 else text[at : at + 800]


def _pasted_report(message: MimePart) -> DsnReport | None:
    if not is_machine_sender(message, message.headers.raw("from")):
        return None
    text = notice_text(message)
    if "inal-recipient:" not in text.lower():
        return None
    report = parse_fields(text)
    return report if any(group.address and (group.action or group.status) for group in report.recipients) else None


def _from_notice(notice: BounceNotice) -> Failures:
    action = "delayed" if notice.delayed else "failed"
    failures: list[Failure] = []
    for named in notice.named:
        verdict = judge(named.diagnostic, delayed=notice.delayed, final=not notice.delayed)
        failures.append(Failure(named.address, action, "", named.diagnostic[:500], "", verdict))
    if failures:
        return Failures(tuple(failures), notice.delayed, notice.writer, failures[0].verdict)
    verdict = judge(notice.text, delayed=notice.delayed, final=not notice.delayed)
    return Failures((), notice.delayed, notice.writer, verdict)

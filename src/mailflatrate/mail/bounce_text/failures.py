"""From a message to the recipients that failed, whichever way it says so: a status part, pasted fields, own words."""

import json
import re
from dataclasses import dataclass

from mailflatrate.mail.bounce_text.notice import Notice, is_machine_sender, read_notice
from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.dsn import DsnReport, RecipientReport, parse_fields, read_dsn
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.mime import Part
from mailflatrate.mail.reading.values import BounceVerdict, Failure, Outcome, Reason

_REFUSED_BEFORE_DATA = re.compile(r">>> (?:RCPT|MAIL)[^\n]*\n(?:<<<|[45]\d\d)[ \t]*[45]?", re.I)
_FAILED = ("failed", "failure", "fail", "undeliverable", "error")
_DELAYED = ("delayed", "delay", "expired-delayed")
_GOOD = ("delivered", "relayed", "expanded", "deliverable", "delivery")


@dataclass(frozen=True, slots=True)
class Failures:
    """The recipients that a bounce or delay notice names; `recipients` may be empty where it names none."""

    recipients: tuple[Failure, ...]
    delayed: bool
    writer: str
    verdict: BounceVerdict

    @property
    def hardest(self) -> BounceVerdict:
        """The verdict that stands for the whole message: a hard one if there is any, else the first."""
        for failure in self.recipients:
            if failure.verdict.hard:
                return failure.verdict
        return self.verdict


def read_failures(message: Part) -> Failures | None:
    """The failures that the message reports, or None when it reports none."""
    report = read_dsn(message)
    if report is not None:
        return _from_report(report, message)
    pasted = _pasted_report(message)
    if pasted is not None:
        found = _from_report(pasted, message)
        if found is not None:
            return found
    notice = read_notice(message)
    if notice is not None:
        return _from_notice(notice)
    return _from_ses(message)


def _from_report(report: DsnReport, message: Part) -> Failures | None:
    groups = [group for group in report.recipients if not _is_good(group)]
    if not groups:
        return None
    text = notice_text(message)
    delayed = all(_is_delayed(group) for group in groups)
    failures: list[Failure] = []
    seen: set[str] = set()
    for group in groups:
        mailbox = group.address
        if mailbox.lower() in seen:
            continue
        seen.add(mailbox.lower())
        failures.append(_failure(group, text, alone=len(groups) == 1))
    return Failures(tuple(failures), delayed, report.reporting_mta or "rfc3464", failures[0].verdict)


def _is_good(group: RecipientReport) -> bool:
    return group.action in _GOOD or (group.action not in (*_FAILED, *_DELAYED) and group.status.startswith("2"))


def _is_delayed(group: RecipientReport) -> bool:
    return group.action in _DELAYED


def _failure(group: RecipientReport, text: str, *, alone: bool) -> Failure:
    mailbox = group.address
    delayed = _is_delayed(group)
    context = _context(text, mailbox, alone=alone)
    verdict = judge(f"{group.diagnostic}\n{_data_stage(context)}", group.status, delayed=delayed)
    if verdict.reason is Reason.UNDEFINED or _is_vague(group):
        verdict = judge(f"{group.diagnostic}\n{context}", group.status, delayed=delayed)
    return Failure(
        mailbox, group.action or "failed", group.status, group.diagnostic or context[:500], group.original, verdict
    )


def _is_vague(group: RecipientReport) -> bool:
    return len(group.diagnostic) < 12


def _data_stage(context: str) -> str:
    """What Sendmail's transcript tells of the command that was refused: a refusal before DATA is shown as one."""
    if ">>> DATA" not in context or _REFUSED_BEFORE_DATA.search(context):
        return ""
    return "in reply to end of data"


def _context(text: str, mailbox: str, *, alone: bool) -> str:
    """What the human-readable part says beside the address."""
    lower = text.lower()
    at = lower.find(mailbox.lower())
    if at < 0 or alone:
        return text[:3000]
    return text[at : at + 800]


def _pasted_report(message: Part) -> DsnReport | None:
    """Fields of a status part that stand in plain text, as in a notice whose MIME frame is broken."""
    if not is_machine_sender(message, message.headers.raw("from")):
        return None
    text = notice_text(message)
    if "inal-recipient" not in text.lower() and "inal-Recipient" not in text:
        return None
    report = parse_fields(text)
    return report if any(group.action or group.status for group in report.recipients) else None


def _from_notice(notice: Notice) -> Failures:
    failures = []
    for named in notice.named:
        verdict = judge(named.diagnostic, delayed=notice.delayed, after_data=notice.after_data)
        action = "delayed" if notice.delayed else "failed"
        failures.append(Failure(named.address, action, "", named.diagnostic[:500], "", verdict))
    verdict = (
        failures[0].verdict if failures else judge(notice.text, delayed=notice.delayed, after_data=notice.after_data)
    )
    return Failures(tuple(failures), notice.delayed, notice.writer, verdict)


def _from_ses(message: Part) -> Failures | None:
    """Amazon's JSON notice of a bounce, sent by SNS as mail or posted as it stands."""
    text = message.text()[:64000]
    start = text.find('{"notificationType"') if '"bouncedRecipients"' in text else -1
    if start < 0:
        return None
    try:
        data, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    bounce = data.get("bounce") if isinstance(data, dict) else None
    if not isinstance(bounce, dict) or not isinstance(bounce.get("bouncedRecipients"), list):
        return None
    failures = []
    for item in bounce["bouncedRecipients"]:
        if isinstance(item, dict) and (mailbox := address.clean(str(item.get("emailAddress", "")))):
            status, diagnostic = str(item.get("status", "")), str(item.get("diagnosticCode", ""))
            verdict = judge(diagnostic, status)
            if bounce.get("bounceType") == "Permanent" and bounce.get("bounceSubType") in ("General", "NoEmail"):
                verdict = BounceVerdict(Reason.USERUNKNOWN, True, status or "5.1.1", Outcome.RECIPIENT_HARD)
            failures.append(Failure(mailbox, "failed", status, diagnostic, "", verdict))
    return Failures(tuple(failures), False, "Amazon SES", failures[0].verdict) if failures else None

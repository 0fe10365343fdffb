"""Complaints as written: RFC 5965 with RFC 6430 (not-spam), 6591 (auth-failure), 9477 (CFBL), JMRP, XARF, opt-outs of
mailbox providers. Other code decides whether to act on them (R-78).
"""

import json
import re
from dataclasses import dataclass

from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import MimePart, decode_words, split_headers
from mailflatrate.mail.reading.sns import read_notification

_REPORT_TYPES = ("message/feedback-report", "text/feedback-report")
_FIELD = re.compile(r"^([A-Za-z][\w-]{1,60})[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+\S[^\n]*)*)", re.M)
_JMRP_SUBJECT = re.compile(r"^\s*complaint about message from \S+", re.I)
_JMRP_RECIPIENT = "x-hmxmroriginalrecipient"
_MAX_JMRP_HEADER = 64 * 1024


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """`feedback_type` in lower case ("abuse", "opt-out"). `recipients` are those named; redaction (RFC 6590) leaves
    none. `fields` are the machine-readable ones, names in lower case.
    """

    feedback_type: str
    user_agent: str
    recipients: tuple[str, ...]
    original_sender: str
    arrival: str
    source_ip: str
    fields: tuple[tuple[str, str], ...]
    how: str

    @property
    def is_complaint(self) -> bool:
        """Return whether a person objects; reports on authentication and retractions (not-spam) don't count."""
        return self.feedback_type in ("abuse", "fraud", "virus", "opt-out", "opt-out-list", "other", "unsubscribe")

    def field(self, name: str) -> str:
        return next((value for key, value in self.fields if key == name.lower()), "")


def read_feedback(message: MimePart) -> FeedbackReport | None:
    for part in message.walk():
        if part.media_type in _REPORT_TYPES:
            report = _from_fields(part.text())
            if report is not None:
                return report
    return (
        _from_jmrp(message)
        or _from_xarf(message)
        or _from_xarf_fields(message)
        or _from_ses(message)
        or _from_provider(message)
    )


def _from_fields(text: str) -> FeedbackReport | None:
    fields = tuple((match[1].lower(), " ".join(decode_words(match[2]).split())) for match in _FIELD.finditer(text))
    values = dict(reversed(fields))
    kind = values.get("feedback-type", "").lower().split(";")[0].strip()
    if not kind:
        return None
    recipients = [
        mailbox
        for key, value in fields
        if key in ("original-rcpt-to", "removal-recipient")
        if (mailbox := address.clean(value))
    ]
    return FeedbackReport(
        feedback_type=kind,
        user_agent=values.get("user-agent", ""),
        recipients=tuple(dict.fromkeys(recipients)),
        original_sender=address.clean(values.get("original-mail-from", "")),
        arrival=values.get("arrival-date", "") or values.get("received-date", ""),
        source_ip=values.get("source-ip", ""),
        fields=fields,
        how="arf",
    )


def _from_jmrp(message: MimePart) -> FeedbackReport | None:
    for part in message.walk():
        headers = part.headers
        if part.media_type.startswith("message/"):
            data = part.data()
            if _JMRP_RECIPIENT.encode() not in data[:_MAX_JMRP_HEADER].lower():
                continue
            headers = split_headers(data.lstrip(b"\n"))[0]
        if _JMRP_RECIPIENT in headers:
            return _simple("abuse", "jmrp", headers.raw(_JMRP_RECIPIENT), headers.raw("x-originating-ip"))
    if _JMRP_SUBJECT.match(message.headers.text("subject")):
        mailbox, _, domain = address.clean(message.headers.raw("from")).lower().partition("@")
        # Amazon SES forwards complaints under the same subject.
        if mailbox in ("staff", "jmrp", "jmrpp") or domain.endswith("email-abuse.amazonses.com"):
            return _simple("abuse", "jmrp", "", "")
    return None


def _from_provider(message: MimePart) -> FeedbackReport | None:
    """Read what Apple's unsubscribe button writes, marked by a header."""
    if message.headers.raw("x-apple-unsubscribe").lower() == "true":
        return _simple("opt-out", "apple", message.headers.raw("from"), "")
    return None


def _from_ses(message: MimePart) -> FeedbackReport | None:
    """Read Amazon SES complaints (JSON); the feedback type is that of the report which Amazon received."""
    data = read_notification(message)
    complaint = data.get("complaint") if data is not None else None
    if not isinstance(complaint, dict) or not isinstance(complaint.get("complainedRecipients"), list):
        return None
    named = [item.get("emailAddress") for item in complaint["complainedRecipients"] if isinstance(item, dict)]
    mailboxes = [mailbox for value in named if (mailbox := address.clean(str(value or "")))]
    return FeedbackReport(
        feedback_type=str(complaint.get("complaintFeedbackType") or "abuse").lower(),
        user_agent=str(complaint.get("userAgent") or ""),
        recipients=tuple(dict.fromkeys(mailboxes)),
        original_sender="",
        arrival=str(complaint.get("arrivalDate") or ""),
        source_ip="",
        fields=(),
        how="ses",
    )


def _from_xarf(message: MimePart) -> FeedbackReport | None:
    for part in message.walk():
        named_json = part.filename.lower().endswith(".json") or part.media_type in (
            "application/json",
            "application/xarf+json",
        )
        if not named_json or part.parts:
            continue
        try:
            data = json.loads(part.text())
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict) and (report := _xarf_report(data)) is not None:
            return report
    return None


def _from_xarf_fields(message: MimePart) -> FeedbackReport | None:
    """Read XARF 0.2 (X-ARF): marked by a header, with the report as fields in a separate text part."""
    if "x-xarf" not in message.headers and "x-arf" not in message.headers:
        return None
    for part in message.walk():
        if part.parts or not part.media_type.startswith("text/"):
            continue
        report = {
            match[1].lower().replace("-", ""): " ".join(match[2].split()) for match in _FIELD.finditer(part.text())
        }
        if "reporttype" in report and "source" in report:
            return _xarf_report({"xarf": "0.2", **report})
    return None


def _xarf_report(data: dict[str, object]) -> FeedbackReport | None:
    body = data.get("Report") if isinstance(data.get("Report"), dict) else data
    if not isinstance(body, dict):
        return None
    flat = {str(key).lower().replace("_", ""): value for key, value in body.items()}
    is_xarf = (
        any(str(key).lower().startswith("xarf") for key in data)
        or ("Version" in data and "ReporterInfo" in data)
        or (("reportclass" in flat or "reporttype" in flat) and ("sourceip" in flat or "source" in flat))
    )
    if not is_xarf:
        return None
    kind = str(flat.get("reporttype") or flat.get("type") or "abuse").lower()
    category = "abuse" if kind in ("spam", "bulk", "bulk_messaging") else kind
    recipient = address.clean(str(flat.get("smtprcpttoaddress") or flat.get("smtpto") or ""))
    return FeedbackReport(
        feedback_type=category,
        user_agent="",
        recipients=(recipient,) if recipient else (),
        original_sender=address.clean(str(flat.get("smtpmailfromaddress") or flat.get("smtpfrom") or "")),
        arrival=str(flat.get("date") or flat.get("timestamp") or ""),
        source_ip=str(flat.get("sourceip") or flat.get("sourceidentifier") or flat.get("source") or ""),
        fields=tuple((key, str(value)) for key, value in flat.items() if isinstance(value, str | int)),
        how="xarf",
    )


def _simple(kind: str, how: str, recipient: str, source_ip: str) -> FeedbackReport:
    mailbox = address.clean(recipient)
    return FeedbackReport(
        feedback_type=kind,
        user_agent="",
        recipients=(mailbox,) if mailbox else (),
        original_sender="",
        arrival="",
        source_ip=source_ip.strip("[]"),
        fields=(),
        how=how,
    )

"""Identifies a returned message from its bytes alone (R-67 to R-79); never raises. The readers are tried from the one
that cannot be mistaken (a feedback report) to the vaguest (a reply); the first that recognizes the message decides.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mailflatrate.mail.bounce_text.failures import Failures, read_failures, reports_success
from mailflatrate.mail.bounce_text.status_codes import about_of
from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.identifiers.tokens import KeyRing, TokenClaims, TokenPurpose
from mailflatrate.mail.reading.arf import FeedbackReport, read_feedback
from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.forward import find_forward
from mailflatrate.mail.reading.identify import MessageMarks, find_marks
from mailflatrate.mail.reading.mime import Headers, MimePart, parse
from mailflatrate.mail.reading.original import carried_headers, describe, quoted_headers
from mailflatrate.mail.reading.reply import classify_reply, is_challenge_service, is_failure_report
from mailflatrate.mail.reading.values import BounceVerdict, Failure, Original, ReturnedMessageKind

_ABUSE_DESK = re.compile(r"(?:^|[<\s,\"])(?:abuse|complaints?|spam|fbl)(?:\+[^@\s]*)?@", re.I)

NO_MARKS = MessageMarks()


@dataclass(frozen=True, slots=True)
class Inspection:
    """`failures` has the verdict on each recipient, `verdict` the whole. `mailing_id` in displayed form is unsigned: a
    hint that may open a case, never a proof (R-78). `marks` has our other marks; its `claims` come from a token that
    the key ring verified. `writer` names the system or dialect.
    """

    kind: ReturnedMessageKind
    failures: tuple[Failure, ...] = ()
    verdict: BounceVerdict | None = None
    mailing_id: str | None = None
    original: Original | None = None
    writer: str | None = None
    marks: MessageMarks = NO_MARKS
    report: FeedbackReport | None = None
    error: str | None = None

    @property
    def is_bounce(self) -> bool:
        return self.verdict is not None

    @property
    def hard(self) -> bool | None:
        return self.verdict.hard if self.verdict else None

    @property
    def recipients(self) -> tuple[str, ...]:
        return self.report.recipients if self.report else tuple(failure.address for failure in self.failures)

    @property
    def feedback(self) -> str | None:
        return self.report.feedback_type if self.report else None

    @property
    def purpose(self) -> TokenPurpose | None:
        return self.marks.purpose

    @property
    def claims(self) -> TokenClaims | None:
        return self.marks.claims

    def verify(self, key_ring: KeyRing) -> "Inspection":
        return replace(self, marks=self.marks.verify(key_ring))

    def to_json(self) -> dict[str, object]:
        return {
            "kind": self.kind.value,
            "is_bounce": self.is_bounce,
            "recipients": list(self.recipients),
            "hard": self.hard,
            "reason": self.verdict.reason.value if self.verdict else None,
            "status": (self.verdict.status or None) if self.verdict else None,
            "feedback": self.feedback,
            "mailing_id": self.mailing_id,
            "error": self.error,
            "original": self.original.to_json() if self.original else None,
        }


def inspect_message(raw: bytes, *, key_ring: KeyRing | None = None) -> Inspection:
    """If a reader fails, the kind is "other", with the error. With a `key_ring`, our tokens anywhere in it are
    verified; forged ones are ignored.
    """
    try:
        message = parse(raw)
    except Exception as problem:  # noqa: BLE001 - the promise of this function: no message may stop the mail
        return _broken(problem)
    inspection = inspect_part(message, with_tokens=key_ring is not None)
    return inspection.verify(key_ring) if key_ring is not None else inspection


def inspect_part(message: MimePart, *, with_tokens: bool) -> Inspection:
    try:
        return _inspect(message, with_tokens)
    except Exception as problem:  # noqa: BLE001 - as above
        return _broken(problem)


def _broken(problem: Exception) -> Inspection:
    return Inspection(kind=ReturnedMessageKind.OTHER, error=f"{type(problem).__name__}: {problem}"[:500])


def inspect_paths(paths: Iterable[str | Path]) -> Iterator[dict[str, object]]:
    for path in _files(paths):
        try:
            inspection = inspect_message(path.read_bytes())
        except OSError as problem:
            inspection = Inspection(
                kind=ReturnedMessageKind.OTHER, error=f"{type(problem).__name__}: {problem.strerror}"
            )
        yield {"file": str(path), **inspection.to_json()}


def inspect_reply(reply: str) -> dict[str, object]:
    verdict = judge(reply)
    return {
        "reply": reply,
        "hard": verdict.hard,
        "reason": verdict.reason.value,
        "about": about_of(verdict.reason).value,
        "witnesses": [witness.value for witness in verdict.witnesses],
    }


def _files(paths: Iterable[str | Path]) -> Iterator[Path]:
    for item in paths:
        path = Path(item)
        if path.is_dir():
            for below in sorted(path.rglob("*")):
                if below.is_file():
                    yield below
        else:
            yield path


def _inspect(message: MimePart, with_tokens: bool) -> Inspection:
    inspection = _read(message)
    text = notice_text(message)
    attached = carried_headers(message)
    returned = attached
    if returned is None and inspection.is_bounce:
        returned = quoted_headers(text)
    marks = find_marks(message, returned if attached is None else None, text, with_tokens=with_tokens)
    original = _original(attached, returned)
    if (
        original is None
        and not inspection.is_bounce
        and (inline := find_forward(text, message.headers.text("subject")))
    ):
        original = inline.original()
    if (
        original is not None
        and inspection.kind in (ReturnedMessageKind.REPLY, ReturnedMessageKind.OTHER)
        and _is_to_abuse_desk(message)
    ):
        inspection = replace(inspection, kind=ReturnedMessageKind.COMPLAINT)
    return replace(
        inspection,
        original=original,
        mailing_id=next(iter(marks.mailing_ids), None),
        marks=marks,
    )


def _is_to_abuse_desk(message: MimePart) -> bool:
    """A message to the abuse desk is a complaint in any words (R-77, plain forwards)."""
    return any(
        _ABUSE_DESK.search(value) for name in ("to", "cc", "delivered-to") for value in message.headers.all(name)
    )


def _original(attached: Headers | None, returned: Headers | None) -> Original | None:
    if attached is not None:
        return describe(attached, "attached")
    return describe(returned, "quoted") if returned is not None else None


def _read(message: MimePart) -> Inspection:
    feedback = read_feedback(message)
    if feedback is not None:
        return _feedback(feedback)
    # A challenge service may dress its demand as a status report; it is asked for first.
    if is_challenge_service(message):
        return Inspection(kind=ReturnedMessageKind.CHALLENGE)
    if is_failure_report(message):
        return Inspection(kind=ReturnedMessageKind.REPORT)
    failures = read_failures(message)
    if failures is not None:
        return _failed(failures)
    if reports_success(message):
        return Inspection(kind=ReturnedMessageKind.RECEIPT)
    return Inspection(kind=classify_reply(message))


def _failed(failures: Failures) -> Inspection:
    kind = ReturnedMessageKind.DELAY if failures.delayed else ReturnedMessageKind.BOUNCE
    return Inspection(kind, failures.recipients, failures.hardest, writer=failures.writer)


def _feedback(report: FeedbackReport) -> Inspection:
    kind = ReturnedMessageKind.COMPLAINT if report.is_complaint else ReturnedMessageKind.REPORT
    if report.how == "apple":
        kind = ReturnedMessageKind.UNSUBSCRIBE
    return Inspection(kind=kind, report=report)

"""The customer's answers to the desk's questions. Customers never see the case."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.case_log import add_event, settle_deadlines
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseAnswer, CaseQuestion, CaseState, EventKind
from mailflatrate.apps.accounts.models import User
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

LONGEST_ANSWER = 20_000
LARGEST_FILE_OCTETS = 5 * 1024 * 1024
# The file's first bytes decide its type, not the name that its sender gave it.
_KINDS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content: bytes


@tenancy.needs_account
def answer_question(question_id: int, text: str, *, by: User, attachment: Attachment | None = None) -> CaseAnswer:
    """May be repeated. Raises AbuseError."""
    question = CaseQuestion.objects.filter(id=question_id).first()
    if question is None:
        raise AbuseError(_("This question doesn't exist."))
    if question.settled_at is not None:
        raise AbuseError(_("Our abuse desk closed this question. You no longer need to answer it."))
    if not text.strip():
        raise AbuseError(_("Write a message first."))
    if len(text) > LONGEST_ANSWER:
        raise AbuseError(_("Use at most %(limit)d characters.") % {"limit": LONGEST_ANSWER})
    now = clock.now()
    name, kind, content = _file(attachment)
    answer = CaseAnswer.objects.create(
        question=question, text=text.strip(), author=by, at=now, file_name=name, file_type=kind, file=content
    )
    audit.record(
        "question.answered",
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"question:{question.id}",
    )
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        CaseQuestion.objects.filter(id=question.id, answered_at__isnull=True).update(answered_at=now)
        case = Case.objects.select_for_update().get(id=question.case_id)
        add_event(case, EventKind.ANSWER, by=by, text=text, details={"question": question.id, "answer": answer.id})
        if case.state == CaseState.ASKED:
            case.state = CaseState.ANSWERED
        settle_deadlines(case)
    return answer


def _file(attachment: Attachment | None) -> tuple[str, str, bytes | None]:
    if attachment is None or not attachment.content:
        return "", "", None
    if len(attachment.content) > LARGEST_FILE_OCTETS:
        raise AbuseError(_("The file is larger than 5 MB. Send the part that matters, as a PDF or an image."))
    kind = next((kind for begin, kind in _KINDS.items() if attachment.content.startswith(begin)), None)
    if kind is None:
        try:
            attachment.content.decode("utf-8")
        except UnicodeDecodeError:
            raise AbuseError(_("We can't accept this file type. Send a PDF, PNG, JPEG, ZIP or text file.")) from None
        kind = "text/plain"
    return attachment.name[-200:], kind, attachment.content

"""Stored mail: messages awaiting review, messages put aside, one message with its results, and reading it again."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.actions import intake as intake_actions
from mailflatrate.apps.abuse.actions import report_sources
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Report
from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.models import Feedback, RawMail, RawMailState
from mailflatrate.apps.inbound.replay import replay
from mailflatrate.apps.inbound.untrusted_mail import mail_in_file, show_mail
from mailflatrate.apps.suppression.actions import SuppressionError
from mailflatrate.base.child import ChildError
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.cases.case_labels import PROOF, how_word
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, page
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.settings import load_settings

LARGEST_FILE_OCTETS = 20 * 1024 * 1024
SHOWN_SOURCE_OCTETS = 200_000
KINDS = {
    "bounce": gettext_lazy("Bounce"),
    "delay": gettext_lazy("Delay notification"),
    "complaint": gettext_lazy("Complaint"),
    "auto_reply": gettext_lazy("Automatic reply"),
    "unsubscribe": gettext_lazy("Unsubscribe"),
    "challenge": gettext_lazy("Challenge-response"),
    "report": gettext_lazy("Automated report"),
    "receipt": gettext_lazy("Acknowledgment"),
    "reply": gettext_lazy("Answer"),
    "other": gettext_lazy("Other email"),
}


class MailUploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Email as a file"), help_text=gettext_lazy(".eml or .msg, up to 20 MB"))

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST_FILE_OCTETS:
            raise forms.ValidationError(_("This file is larger than 20 MB. Upload a smaller one."))
        content: bytes = upload.read()
        try:
            read = mail_in_file(content)
        except ChildError:
            read = None
        if read is None:
            raise forms.ValidationError(_("We can't find an email in this file. Save it as .eml and try again."))
        return read


def row_of(mail: RawMail) -> dict[str, Any]:
    preview = show_mail(mail.content()[:64_000])
    kind = str(KINDS.get(mail.kind, mail.kind or _("Not processed yet")))
    return {"mail": mail, "subject": preview.subject, "sender": preview.sender or mail.envelope_from, "kind": kind}


@desk("GET|POST mail/", "stored-mails")
def mails(request: DeskRequest) -> HttpResponse:
    form = MailUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        to = f"abuse@{load_settings().service_domain}"
        (raw_mail_id,) = intake.store([intake.Arrival("file", "", "", to, form.cleaned_data["file"])])
        request.audit("mail.uploaded", subject=f"raw_mail:{raw_mail_id}")
        message = _("The email has been added and is being processed.")
        return succeed(request, message, reverse("desk:stored-mail", args=[raw_mail_id]))
    apart = request.GET.get("tray") == "apart"
    state = RawMailState.APART if apart else RawMailState.UNREAD
    before = request.GET.get("before", "")
    rows = RawMail.objects.filter(state=state).order_by("-id")
    if before.isdecimal() and len(before) < 18:
        rows = rows.filter(id__lt=int(before))
    page_rows = [row_of(mail) for mail in rows[:PAGE_ROWS]]
    context = {
        "rows": page_rows,
        "apart": apart,
        "form": form,
        "numbers": {
            "unread": RawMail.objects.filter(state=RawMailState.UNREAD).count(),
            "apart": RawMail.objects.filter(state=RawMailState.APART).count(),
        },
        "more": f"?{'tray=apart&' if apart else ''}before={page_rows[-1]['mail'].id}"
        if len(page_rows) == PAGE_ROWS
        else "",
    }
    return page(request, "cases/mails", context, status=REFUSED if form.errors else 200)


def _find(raw_mail_id: int) -> RawMail:
    return get_object_or_404(RawMail.objects.select_related("account"), id=raw_mail_id)


@desk("GET mail/<int:raw_mail_id>/", "stored-mail")
def one(request: DeskRequest, raw_mail_id: int) -> HttpResponse:
    return _show(request, _find(raw_mail_id))


def _show(request: DeskRequest, mail: RawMail, *, problem: str = "") -> HttpResponse:
    raw = mail.content()
    reading: dict[str, Any] = mail.reading
    proof, tone = PROOF.get(str(reading.get("proof", "")), ("", ""))
    context = {
        "mail": mail, "row": row_of(mail), "reading": reading, "how": how_word(str(reading.get("how", ""))),
        "proof": proof, "proof_tone": tone, "problem": problem, "text": show_mail(raw, text_characters=8000).text,
        "source": raw[:SHOWN_SOURCE_OCTETS].decode("utf-8", "replace").replace("\r\n", "\n"),
        "cut": len(raw) > SHOWN_SOURCE_OCTETS, "sha256": bytes(mail.sha256).hex(),
        "feedback": list(Feedback.objects.filter(raw_mail=mail).select_related("campaign")),
        "report": Report.objects.select_related("case").filter(raw_mail=mail).first(),
    }  # fmt: skip
    return page(request, "cases/mail", context, status=REFUSED if problem else 200)


@desk("GET mail/<int:raw_mail_id>/source", "stored-mail-source")
def source(request: DeskRequest, raw_mail_id: int) -> HttpResponse:
    mail = _find(raw_mail_id)
    headers = {"Content-Disposition": f'attachment; filename="mail-{mail.id}.eml"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(mail.content(), content_type="message/rfc822", headers=headers)


@desk("POST mail/<int:raw_mail_id>/again/", "stored-mail-again")
def read_again(request: DeskRequest, raw_mail_id: int) -> HttpResponse:
    """Parse a message again after a parser has improved; nothing is done twice."""
    mail = _find(raw_mail_id)
    try:
        lifted = replay(mail.id, by=request.user, reason=request.POST.get("reason", ""))
    except SuppressionError as problem:
        return _show(request, mail, problem=str(problem))
    if lifted:
        text = _(
            "Processed again. The email means something different from what we first understood. Suppressions "
            "ended: %(n)d."
        )
        text %= {"n": lifted}
    else:
        text = _("Processed again.")
    return succeed(request, text, reverse("desk:stored-mail", args=[mail.id]))


@desk("POST mail/<int:raw_mail_id>/case/", "stored-mail-case")
def make_case(request: DeskRequest, raw_mail_id: int) -> HttpResponse:
    mail = _find(raw_mail_id)
    report_sources.open_from_mail(mail.id, by=request.user)
    intake_actions.take_mail(mail.id)
    report = Report.objects.filter(raw_mail=mail).first()
    if report is None:
        return see_other(reverse("desk:stored-mail", args=[mail.id]))
    return see_other(reverse("desk:case", args=[report.case_id]))


@desk("POST mail/<int:raw_mail_id>/away/", "stored-mail-away")
def put_away(request: DeskRequest, raw_mail_id: int) -> HttpResponse:
    mail = _find(raw_mail_id)
    try:
        report_sources.put_mail_away(mail.id, by=request.user, reason=request.POST.get("reason", ""))
    except AbuseError as problem:
        return _show(request, mail, problem=str(problem))
    return succeed(request, _("Archived."), reverse("desk:stored-mails"))

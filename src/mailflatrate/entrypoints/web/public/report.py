"""The public page for reporting a message, without an account (R-83, DSA Art. 16). A GET changes nothing.

No cookie is read or set. With a token from the message, this sender's messages stop at once, as by its unsubscribe
link. The message may have been forwarded, so mail from everyone stops only once the mailbox has confirmed.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language_from_request, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mailflatrate.apps.abuse import actions
from mailflatrate.apps.abuse.actions import PageReport, ReportMatch
from mailflatrate.apps.abuse.models import Complaint
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.forms.actions.visitor_counts import count
from mailflatrate.apps.forms.defence import (
    SubmissionProof,
    VisitorProof,
    check_submission,
    counter_key,
    network_of,
    new_task,
    shown_now,
    this_hour,
)
from mailflatrate.apps.inbound.untrusted_mail import mail_in_file, names_a_delivery
from mailflatrate.base import clock, tenancy
from mailflatrate.base.child import ChildBusy, ChildError
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.web.client import client_ip
from mailflatrate.entrypoints.web.public.reader import page_language
from mailflatrate.entrypoints.web.public.report_advice import advice, is_picture
from mailflatrate.mail.reading.outlook import is_outlook
from mailflatrate.mail.tokens import TokenPurpose
from mailflatrate.rules.limits import value as limit

PAGE = "report"
LARGEST_FILE_OCTETS = 5 * 1024 * 1024
MOST_PASTED = 200_000
COUNTED_FOR = timedelta(hours=3)
MOST_READINGS = 3
"""Times the reports that a network may file in an hour: people mistype an ID, or ask who sent an email first."""
REFUSED = 422
NEEDS_NOTICE = (Complaint.ILLEGAL.value, Complaint.FALSE_SENDER.value)


class ReportForm(forms.Form):
    """What a visitor says about a message. Illegal content requires the fields of DSA Art. 16."""

    about = forms.CharField(
        label=gettext_lazy("Mailing ID or email headers"),
        max_length=MOST_PASTED,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("You'll find the mailing ID at the bottom of the email, for example 4K7Q-92XD-8."),
    )
    file = forms.FileField(
        label=gettext_lazy("Or the email as a file"),
        required=False,
        help_text=gettext_lazy(
            "Drag it here or choose a file: .eml or .msg, up to 5 MB. With the file, we can stop this sender's "
            "emails immediately."
        ),
    )
    complaint = forms.ChoiceField(label=gettext_lazy("What's wrong"), choices=Complaint.choices)
    text = forms.CharField(
        label=gettext_lazy("In your own words"), max_length=8000, required=False, widget=forms.Textarea({"rows": 3})
    )
    reporter = forms.EmailField(
        label=gettext_lazy("Your email address"),
        required=False,
        help_text=gettext_lazy("So we can reply. We never tell the sender who complained."),
    )
    reporter_name = forms.CharField(label=gettext_lazy("Your name"), max_length=120, required=False)
    good_faith = forms.BooleanField(
        label=gettext_lazy("I believe in good faith that the information I have provided is accurate and complete."),
        required=False,
    )
    anyway = forms.BooleanField(
        label=gettext_lazy("Review this anyway, even though no matching email was found."), required=False
    )

    def clean_file(self) -> bytes:
        """Return the bytes of the message; empty without a file."""
        upload = self.cleaned_data.get("file")
        if not upload:
            return b""
        if upload.size > LARGEST_FILE_OCTETS:
            raise forms.ValidationError(_("This file is larger than 5 MB. Paste the email headers instead."))
        content: bytes = upload.read()
        return content

    def read_file(self) -> bool:
        """Convert Outlook's format to a standard message; the form reports a failure."""
        content: bytes = self.cleaned_data["file"]
        if not is_outlook(content):
            return True
        try:
            read = mail_in_file(content)
        except ChildBusy:
            self.add_error("file", busy())
            return False
        except ChildError:
            read = None
        if read is None:
            self.add_error("file", _("We can't find an email in this file. Paste the email headers instead."))
            return False
        self.cleaned_data["file"] = read
        return True

    def clean(self) -> dict[str, Any]:
        """Require what names the campaign; a notice of illegal content is complete or rejected (DSA Art. 16(2))."""
        data: dict[str, Any] = super().clean() or {}
        if not (data.get("about", "").strip() or data.get("file")) and "file" not in self.errors:
            self.add_error("about", _("Enter the mailing ID, paste the email headers or choose a file."))
        if data.get("complaint") in NEEDS_NOTICE and "who" not in self.data:
            for name in ("text", "reporter", "reporter_name", "good_faith"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Required when you report illegal content or a forged sender."))
        return data

    def keep_file(self) -> None:
        """Copy the chosen file into the text field: browsers clear a file field when a form is shown again."""
        content: bytes = self.cleaned_data.get("file") or b""
        if content and not is_picture(content) and not is_outlook(content):
            text = content.decode("utf-8", "replace").replace("\0", "")
            whole = dict(self.data.items())
            whole["about"] = text if len(text) <= MOST_PASTED else _header_lines(text)[:MOST_PASTED]
            self.data = whole
            self["file"].help_text = _(
                "We've read your file and pasted its contents above. You don't need to choose it again."
            )

    def goes_anyway(self) -> bool:
        """Tell whether to file it without naming a campaign: a person was asked for, or the law requires one."""
        return bool(self.cleaned_data["anyway"]) or self.cleaned_data["complaint"] in NEEDS_NOTICE

    def raw(self) -> bytes:
        """Return what names the campaign, as bytes."""
        content: bytes = self.cleaned_data["file"] or self.cleaned_data["about"].encode()
        return content


def _header_lines(mail: str) -> str:
    return re.split(r"\r?\n\r?\n", mail, maxsplit=1)[0]


@csrf_exempt  # no cookie is involved; the token in the mail is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Show the form, say who sent a message, or take the report and stop the messages."""
    with translation.override(page_language(request, get_language_from_request(request))):
        if request.method != "POST":
            form = ReportForm(initial={"about": request.GET.get("id", "")[:60]})
            return _page(request, "form", {"form": form, "shown": shown_now(PAGE)})
        return _take(request)


def _take(request: HttpRequest) -> HttpResponse:
    form = ReportForm(request.POST, request.FILES)
    again = {"form": form, "shown": request.POST.get("shown") or shown_now(PAGE)}
    if not form.is_valid():
        form.keep_file()
        return _page(request, "form", again, status=REFUSED)
    if request.POST.get("topic_note"):  # a field that nobody sees: only machines fill it
        return _page(request, "done", {"reference": "", "quiet": True})
    ip, entry = client_ip(request), entry_of(request, form)
    if not entry.may_read(ip):
        form.keep_file()
        form.add_error(None, too_fast())
        return _page(request, "form", {**again, "shown": shown_now(PAGE)}, status=REFUSED)
    found = _read(form)
    form.keep_file()
    if found is None:
        return _page(request, "form", again, status=REFUSED)
    asks_who = "who" in request.POST
    if found.campaign is None and (asks_who or not form.goes_anyway()):
        form.add_error("file" if form.cleaned_data["file"] else "about", advice(form.raw()))
        return _page(request, "form", {**again, "offers_anyway": not asks_who}, status=REFUSED)
    if asks_who:
        return _page(request, "form", {**again, "found": found, "sender": sender_of(found)})
    if not entry.may_report(ip, found):
        form.add_error(None, too_fast())
        return _page(request, "form", {**again, "shown": shown_now(PAGE)}, status=REFUSED)
    filed, found = actions.take_page_report(given_of(form, ip, translation.get_language() or "en"))
    context = {
        "reference": filed.case.reference,
        "found": found,
        "sender": sender_of(found),
        "stopped": bool(filed.effect),
        "asked": bool(filed.reporter) and found.campaign is not None,
        "answers": bool(filed.reporter),
    }
    return _page(request, "done", context)


def _read(form: ReportForm) -> ReportMatch | None:
    """Return whose message it is; None if it could not be read, which the form then reports."""
    if not form.read_file():
        return None
    try:
        return actions.find(form.raw())
    except ChildBusy:
        form.add_error(None, busy())
    except ChildError:
        unreadable = _("We can't read this email. Paste only its headers or enter the mailing ID.")
        form.add_error("file" if form.cleaned_data["file"] else "about", unreadable)
    return None


def too_fast() -> str:
    """Return the text for visitors who submitted too quickly or too often."""
    return _("That was very fast, or there have been too many reports. Wait a moment and send it again.")


def busy() -> str:
    """Return the text for visitors who have to wait because other reports are being processed."""
    return _("We're busy processing other reports. Send it again in a minute.")


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """What a visitor showed before anything was parsed: proof of work, a minute on the page, a token from us.

    Visitors who submit the message itself, with its token, are asked for nothing else, so a file is chosen once.
    With proof of work (ALTCHA) they may also report often; without scripts it takes time, and only a few go
    through.
    """

    shown: SubmissionProof
    has_token: bool

    def may_read(self, ip: str | None) -> bool:
        """Count the visitor and return whether their upload is parsed at all."""
        if not self.has_token and (self.shown.hurried or self.shown.proof is VisitorProof.NONE):
            return False
        network = network_of(ip)
        if not network:
            return True
        now = clock.now()
        key = counter_key("report readings", network, this_hour(now))
        return count([key], now + COUNTED_FOR)[key] <= MOST_READINGS * limit("reports_per_network_hour")

    def may_report(self, ip: str | None, found: ReportMatch) -> bool:
        """Count the report and return whether it is accepted."""
        if found.proved:
            return within_limits(ip, task_key=None, proved=True)
        if self.shown.hurried or self.shown.proof is VisitorProof.NONE:
            return False
        task_key = self.shown.task_key
        return within_limits(ip, task_key=task_key, proved=task_key is not None)


def entry_of(request: HttpRequest, form: ReportForm) -> ReportEntry:
    """Look for proof in the fields and a token in the bytes, both without parsing the message."""
    return ReportEntry(check_submission(PAGE, request.POST), names_a_delivery(form.raw()))


def within_limits(ip: str | None, *, task_key: bytes | None, proved: bool) -> bool:
    """Count a report and return whether it may be accepted. `proved`: work was done for it, or it included the
    message's token; `task_key` names the work, which counts once.
    """
    now = clock.now()
    network, hour = network_of(ip), this_hour(now)
    limits = {counter_key("reports", network, hour): "reports_per_network_hour"} if network else {}
    if not proved:
        limits[counter_key("reports unproven", "all", hour)] = "reports_unproven_per_hour"
        if network:
            limits[counter_key("reports unproven", network, hour)] = "reports_unproven_per_network_hour"
    seen = count([*limits, *([task_key] if task_key else [])], now + COUNTED_FOR)
    used_before = task_key is not None and seen[task_key] > 1
    return not used_before and all(seen[key] <= limit(name) for key, name in limits.items())


@require_safe
def task(request: HttpRequest) -> HttpResponse:
    """Return a task for a visitor's browser, and the time it was requested."""
    answer = JsonResponse({"task": new_task(PAGE), "shown": shown_now(PAGE)})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def given_of(form: ReportForm, ip: str | None, language: str) -> PageReport:
    """Convert a valid form to the report the desk accepts."""
    data = form.cleaned_data
    notice: dict[str, Any] = {}
    if data["complaint"] in NEEDS_NOTICE:
        notice = {"explanation": data["text"], "location": data["about"][:500], "good_faith": data["good_faith"]}
    return PageReport(
        raw=form.raw(), complaint=data["complaint"], text=data["text"], reporter=data["reporter"],
        reporter_name=data["reporter_name"], language=language, ip=ip, notice=notice,
        stop=True,
    )  # fmt: skip


def sender_of(found: ReportMatch) -> str:
    """Return the name of the sender, and nothing else of the account."""
    with tenancy.platform(PlatformReason.ABUSE_DESK):
        account = Account.objects.filter(id=found.account_id or 0).first()
        return account.name if account else ""


@csrf_exempt  # the token is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Let a recipient stop the messages with a button; opening the page stops nothing."""
    claims = key_ring().open_token(TokenPurpose.CASE, token)
    if claims is None or claims.extra != 1:
        raise Http404
    with translation.override(page_language(request, get_language_from_request(request))):
        if request.method != "POST":
            return _page(request, "stop", {})
        return _page(request, "stop", {"done": True, "stopped": actions.stop_by_proof(claims.delivery_id)})


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    answer = render(request, f"public/report/{name}.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = translation.get_language() or "en"
    return answer

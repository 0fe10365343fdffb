"""The public page for reporting a message (R-83, DSA Art. 16). A GET changes nothing; no cookie is read or set. A
token stops this sender at once, but all senders only once the mailbox has confirmed: the message may be forwarded.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions import intake
from mailflatrate.apps.abuse.actions.intake import ReportMatch
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
from mailflatrate.apps.inbound.untrusted_mail import names_a_delivery, show_mail
from mailflatrate.base import clock
from mailflatrate.base.child import ChildBusy, ChildError
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.abuse_report import (
    COUNTED_FOR,
    ReportForm,
    busy,
    given_of,
    is_picture,
    sender_of,
    within_limits,
)
from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.identifiers.mailing_id import parse_mailing_id
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.reading import address
from mailflatrate.rules.limits import value as limit

_LIKE_AN_ID = re.compile(r"(?<![\w@.])[0-9A-Za-z]{4}[\s\-‐‑‒–—−]?[0-9A-Za-z]{4}[\s\-‐‑‒–—−]?[0-9A-Za-z](?![\w@])")
_FEWEST_FIELDS = 2


def advice(raw: bytes) -> str:
    if is_picture(raw):
        return _(
            "This is an image, and we can't reliably read text in images. Enter the mailing ID shown at the bottom "
            "of the email. If you can't see one, save the email itself as a file; see the instructions below."
        )
    sender = _sender_of_mail(raw)
    if sender is not None:
        return _(
            "Nothing in this email points to us, so it probably wasn't sent through us. The sender is shown as "
            "%(sender)s. If you know them, use the unsubscribe link in the email; otherwise, mark it as spam. If "
            "you think it came from us, select the last box and our team will review it."
        ) % {"sender": sender or "–"}
    text = raw[:4000].decode("utf-8", "replace")
    if parse_mailing_id(text) is not None:
        return _(
            "This mailing ID has the right format, but it doesn't match any email we've sent. Check it against the "
            "bottom of the email, or paste the email headers instead."
        )
    if _LIKE_AN_ID.search(text):
        return _(
            "This mailing ID has a typo: one character is wrong. It should look like 4K7Q-92XD-8 and never "
            "contains the letters O, I, L or U. You can also paste the email headers or choose the email as a file."
        )
    return _(
        "We couldn't match this to any email we've sent. The mailing ID is at the bottom of the email and looks "
        "like 4K7Q-92XD-8. If you can't find it, paste the email headers or choose the email as a file; see the "
        "instructions below."
    )


def _sender_of_mail(raw: bytes) -> str | None:
    """Return the sender the message claims; None if it is not a message."""
    mail = show_mail(raw[:400_000])
    return address.clean(mail.sender).lower()[:120] if mail.telling >= _FEWEST_FIELDS else None


PAGE = "report"
MOST_READINGS = 3
"""Times the reports that a network may file in an hour: people mistype an ID, or ask who sent an email first."""
REFUSED = 422


@public("GET|POST report/", "report")
def report(request: HttpRequest) -> HttpResponse:
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
    match = _read(form)
    form.keep_file()
    if match is None:
        return _page(request, "form", again, status=REFUSED)
    asks_who = "who" in request.POST
    if match.account_id is None and (asks_who or not form.goes_anyway()):
        form.add_error("file" if form.cleaned_data["file"] else "about", advice(form.raw()))
        return _page(request, "form", {**again, "offers_anyway": not asks_who}, status=REFUSED)
    if asks_who:
        return _page(request, "form", {**again, "found": match, "sender": sender_of(match)})
    if not entry.may_report(ip, match):
        form.add_error(None, too_fast())
        return _page(request, "form", {**again, "shown": shown_now(PAGE)}, status=REFUSED)
    filed, match = intake.take_page_report(given_of(form, ip, translation.get_language() or "en"))
    context = {
        "reference": filed.case.reference,
        "found": match,
        "sender": sender_of(match),
        "stopped": bool(filed.effect),
        "asked": bool(filed.reporter) and match.campaign is not None,
        "answers": bool(filed.reporter),
    }
    return _page(request, "done", context)


def _read(form: ReportForm) -> ReportMatch | None:
    """Return whose message it is; None if it could not be read, which the form then reports."""
    if not form.read_file():
        return None
    try:
        return intake.find(form.raw())
    except ChildBusy:
        form.add_error(None, busy())
    except ChildError:
        unreadable = _("We can't read this email. Paste only its headers or enter the mailing ID.")
        form.add_error("file" if form.cleaned_data["file"] else "about", unreadable)
    return None


def too_fast() -> str:
    return _("That was very fast, or there have been too many reports. Wait a moment and send it again.")


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """What a visitor proved before anything was parsed: proof of work (ALTCHA), a minute on the page, or one of our
    tokens. A message with its token needs no other proof, so its file is chosen once; without scripts, few reports
    are accepted.
    """

    shown: SubmissionProof
    has_token: bool

    def may_read(self, ip: str | None) -> bool:
        """Count the visitor and return whether their upload is parsed at all."""
        if not self.has_token and self.shown.proof is VisitorProof.NONE:
            return False
        network = network_of(ip)
        if not network:
            return True
        now = clock.now()
        key = counter_key("report readings", network, this_hour(now))
        return count([key], now + COUNTED_FOR)[key] <= MOST_READINGS * limit("reports_per_network_hour")

    def may_report(self, ip: str | None, match: ReportMatch) -> bool:
        """Count the report and return whether it is accepted."""
        if match.proved:
            return within_limits(ip, task_key=None, proved=True)
        if self.shown.proof is VisitorProof.NONE:
            return False
        task_key = self.shown.task_key
        return within_limits(ip, task_key=task_key, proved=task_key is not None)


def entry_of(request: HttpRequest, form: ReportForm) -> ReportEntry:
    """Look for proof in the fields and for a token in the bytes, both without parsing the message."""
    return ReportEntry(check_submission(PAGE, request.POST), names_a_delivery(form.raw()))


@public("GET report/task", "report-task")
def task(request: HttpRequest) -> HttpResponse:
    answer = JsonResponse({"task": new_task(PAGE), "shown": shown_now(PAGE)})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@public("GET|POST report/stop/<str:token>", "report-stop")
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Let a recipient stop the messages with a button; opening the page stops nothing."""
    claims = key_ring().open_token(TokenPurpose.CASE, token)
    if claims is None or claims.extra != 1:
        raise Http404
    with translation.override(page_language(request, get_language_from_request(request))):
        if request.method != "POST":
            return _page(request, "stop", {})
        return _page(request, "stop", {"done": True, "stopped": intake.stop_by_proof(claims.delivery_id)})


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    answer = render(request, f"public/report/{name}.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = translation.get_language() or "en"
    return answer

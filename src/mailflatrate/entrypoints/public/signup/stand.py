"""A form on a tablet: a PIN opens it, entries made offline come in later with their own time (R-25 to R-35). The
session is a cookie of the stand's path alone and opens this form and nothing else.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from mailflatrate.apps.forms import stands
from mailflatrate.apps.forms.actions.sign_up import sign_up
from mailflatrate.apps.forms.actions.stands import try_pin
from mailflatrate.apps.forms.defence import SubmissionProof, VisitorProof
from mailflatrate.apps.forms.queries import ShownVersion, shown_version
from mailflatrate.apps.forms.stands import OpenStand, StandSession
from mailflatrate.apps.forms.submissions import SignupOutcome, SignupResult, Submission
from mailflatrate.base import clock
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.signup.embeds import stand_url
from mailflatrate.entrypoints.presenters.signup.form_inputs import clean, filled_in, in_parts, inputs, read_answers
from mailflatrate.entrypoints.public.signup.page import (
    result_errors,
    style_context,
    ticked_boxes,
    ticked_lists,
    version_number,
)
from mailflatrate.entrypoints.public.signup.visit import offered_boxes
from mailflatrate.entrypoints.ui.content_policy import allow_picture
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.reading.storable import storable
from mailflatrate.rules.forms.placement import STAND

COOKIE = "stand"
MAX_BODY = 64 * 1024
MAX_ENTRIES = 20


def _found(code: str) -> OpenStand:
    open_stand = stands.open_stand(code)
    if open_stand is None:
        raise Http404
    return open_stand


def _session(request: HttpRequest, stand: OpenStand) -> StandSession | None:
    return stands.session_of(stand, request.COOKIES.get(COOKIE, ""))


def _language(request: HttpRequest, version: ShownVersion) -> str:
    asked = request.POST.get("language") or request.GET.get("language") or get_language_from_request(request)
    return version.frozen.language(asked)


@public("GET|POST stand/<slug:code>/", "stand")
def stand(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the PIN, then show the form; take one entry on POST, also without JavaScript."""
    open_stand = _found(code)
    session, version = _session(request, open_stand), shown_version(open_stand.form, None)
    with translation.override(_language(request, version)):
        if "pin" in request.POST:
            answer = _open(request, open_stand)
        elif "lock" in request.POST:
            answer = HttpResponse(status=303, headers={"Location": "."})
            answer.delete_cookie(COOKIE, path=request.path)
        elif session is None:
            answer = _page(request, open_stand, "pin", {})
        elif request.method == "POST":
            answer = _entry(request, open_stand, session)
        elif request.GET.get("sent") == "1":
            answer = _page(request, open_stand, "thanks", {})
        else:
            answer = _form(request, open_stand, session.staff, {})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _open(request: HttpRequest, open_stand: OpenStand) -> HttpResponse:
    staff = " ".join(request.POST.get("staff", "").split())
    if not staff:
        return _page(request, open_stand, "pin", {"error": _("Enter the name of who is on duty.")}, status=422)
    is_right = try_pin(open_stand, request.POST.get("pin", "").replace(" ", "")[:20], client_ip(request))
    if is_right is None:
        message = _("Too many wrong PINs. Wait until the next full hour, or set up another stand.")
        return _page(request, open_stand, "pin", {"error": message, "staff": staff}, status=429)
    if not is_right:
        return _page(request, open_stand, "pin", {"error": _("This PIN isn't right."), "staff": staff}, status=422)
    answer = HttpResponse(status=303, headers={"Location": request.get_full_path()})
    answer.set_cookie(
        COOKIE,
        stands.new_session(open_stand, staff),
        max_age=stands.SESSION_SECONDS,
        path=request.path,
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return answer


def _submission(
    request: HttpRequest,
    open_stand: OpenStand,
    session: StandSession,
    posted: QueryDict,
    version: ShownVersion,
    at: datetime,
) -> tuple[Submission, dict[str, str], Mapping[str, Any]]:
    """Return an entry, what is wrong with it by field, and what was typed in."""
    form, language = open_stand.form, version.frozen.language(posted.get("language", ""))
    answers = read_answers(version.frozen.content.fields, posted, form.typed, month_first=form.month_first)
    email, list_ids = clean(posted.get("email")), ticked_lists(form, version, language, posted)
    is_own = at >= session.opened_at  # otherwise someone else may have been on duty
    sent = Submission(
        email=email,
        language=language,
        values=answers.values,
        ticked=ticked_boxes(form, version, posted, list_ids),
        list_ids=list_ids,
        ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        source_url=stand_url(open_stand.code),
        placement=STAND,
        stand_id=open_stand.stand_id,
        staff=session.staff if is_own else "",
        kept="" if is_own else _("The tablet kept it. Sent by %(staff)s.") % {"staff": session.staff},
        visited_at=at,
    )
    errors = {} if email else {"email": _("This field is required.")}
    errors |= answers.errors
    if not list_ids:
        errors["consent"] = _("Select the box to agree. Without your consent, we can't email you.")
    return sent, errors, answers.typed_in


def _version(open_stand: OpenStand, posted: QueryDict) -> ShownVersion:
    return shown_version(open_stand.form, version_number(posted))


def _take(open_stand: OpenStand, version: ShownVersion, sent: Submission) -> SignupResult:
    return sign_up(open_stand.form, version, sent, SubmissionProof(VisitorProof.STAND))


def _entry(request: HttpRequest, open_stand: OpenStand, session: StandSession) -> HttpResponse:
    version = _version(open_stand, request.POST)
    sent, errors, typed_in = _submission(request, open_stand, session, request.POST, version, clock.now())
    taken = None if errors else _take(open_stand, version, sent)
    if taken is not None:
        errors = result_errors(taken)
        if taken.outcome is SignupOutcome.BUSY:
            errors = {"form": _("Too many people have signed up at this stand. Try again later.")}
        if taken.outcome is SignupOutcome.TAKEN:
            return HttpResponse(status=303, headers={"Location": f"?sent=1&language={sent.language}"})
    context = {"errors": errors, "sent": sent, "values": {**typed_in, "email": sent.email}}
    return _form(request, open_stand, session.staff, context, status=422)


@public("POST stand/<slug:code>/entries", "stand-entries")
def entries(request: HttpRequest, code: str) -> JsonResponse:
    """Take `{"entries": [{"id", "age", "fields": [[name, value], ...]}]}`, oldest first; answer for each `id` whether
    it's `taken`, `refused` (a sentence by field), or has to come `later`.
    """
    open_stand = _found(code)
    session = _session(request, open_stand)
    if session is None:
        return JsonResponse({"error": "locked"}, status=403)
    given = _read(request)
    if given is None:
        return JsonResponse({"error": "malformed"}, status=400)
    now, results = clock.now(), []
    for entry in given:
        posted = QueryDict(mutable=True)
        for name, text in entry["fields"]:
            posted.appendlist(storable(name), storable(text))
        version, at = _version(open_stand, posted), stands.entry_time(entry, open_stand, now)
        with translation.override(version.frozen.language(posted.get("language", ""))):
            results.append({"id": entry["id"], **_result(request, open_stand, session, posted, version, at)})
    return JsonResponse({"results": results})


def _result(
    request: HttpRequest,
    open_stand: OpenStand,
    session: StandSession,
    posted: QueryDict,
    version: ShownVersion,
    at: datetime | None,
) -> dict[str, Any]:
    if at is None:
        return {"outcome": "refused", "errors": {"form": _("This entry is too old.")}}
    sent, errors, _typed_in = _submission(request, open_stand, session, posted, version, at)
    if not errors:
        taken = _take(open_stand, version, sent)
        if taken.outcome is SignupOutcome.TAKEN:
            return {"outcome": "taken"}
        if taken.outcome is SignupOutcome.BUSY:
            return {"outcome": "later"}
        errors = result_errors(taken)
    return {"outcome": "refused", "errors": errors}


def _read(request: HttpRequest) -> list[dict[str, Any]] | None:
    """Return the entries in a body; None if it isn't of that form or too large."""
    octets = request.read(MAX_BODY + 1)
    try:
        body = json.loads(octets) if len(octets) <= MAX_BODY else None
    except (ValueError, RecursionError):
        return None
    rows = body.get("entries") if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(rows) > MAX_ENTRIES or not all(map(_is_entry, rows)):
        return None
    return rows


def _is_entry(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not isinstance(row.get("fields"), list):
        return False
    pairs = row["fields"]
    return len(pairs) <= 100 and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in pairs
    )


def _form(
    request: HttpRequest, open_stand: OpenStand, staff: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    version = shown_version(open_stand.form, None)
    frozen, language = version.frozen, translation.get_language() or "en"
    form_inputs = inputs(frozen, language, open_stand.form.typed)
    whole = {
        "staff": staff,
        "offered": offered_boxes(open_stand.form, version, language),
        "parts": in_parts(filled_in(form_inputs, context.get("values", {}), context.get("errors", {}))),
        "version": version.number,
        "action": request.path,
        "entries_url": reverse("stand-entries", args=[open_stand.code]),
        **context,
    }
    return _page(request, open_stand, "form", whole, status=status)


def _page(
    request: HttpRequest, open_stand: OpenStand, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    version = shown_version(open_stand.form, None)
    language = version.frozen.language(translation.get_language() or "")
    allow_picture(request, version.frozen.content.style.logo_url)
    spoken = [code for code, _name in settings.LANGUAGES if code in version.frozen.frozen and code != language]
    whole = {
        **style_context(open_stand.form, version, language),
        "place": open_stand.place,
        "code": open_stand.code,
        "texts": version.frozen.texts(language),
        "frozen": version.frozen.frozen[language],
        "form_language": language,
        "languages": [(code, f"?language={code}") for code in spoken],
        "placement": STAND,
        **context,
    }
    return render(request, f"public/stand/{template}.html", whole, status=status)

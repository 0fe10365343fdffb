"""The hosted form, which other sites' scripts, frames and plain forms post to as well: no cookie is read or set, so
they can't misuse a session. A GET changes nothing.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt

from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.actions.form_counts import REPORTED, count_reported
from mailflatrate.apps.forms.defence import check_submission, new_task, shown_now
from mailflatrate.apps.forms.models import CONSENT, FURTHER, TRACKING, FormStep
from mailflatrate.apps.forms.queries import PublishedForm, ShownVersion, move_in, published_form, shown_version
from mailflatrate.apps.forms.submissions import SignupOutcome, SignupResult, Submission
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.signup.embeds import FACES, form_url, move_in_url
from mailflatrate.entrypoints.presenters.signup.form_css import page_css
from mailflatrate.entrypoints.presenters.signup.form_inputs import (
    FormAnswers,
    clean,
    filled_in,
    in_parts,
    inputs,
    prefilled,
    read_answers,
)
from mailflatrate.entrypoints.public.signup.script import script_of
from mailflatrate.entrypoints.public.signup.visit import FormVisit, landing_context, offered_boxes
from mailflatrate.entrypoints.ui.content_policy import allow, allow_picture, allow_redirect
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.addresses import AddressDecision, AddressReason, AddressVerdict, reason_sentence
from mailflatrate.rules.forms import FrozenForm
from mailflatrate.rules.forms.placement import OVERLAYS, known_placement
from mailflatrate.rules.imprint.lines import ImprintLine
from mailflatrate.rules.limits import value
from mailflatrate.settings.schema import load_settings

SCRIPT_SECONDS = 300


def _visit(request: HttpRequest, code: str, move: str = "") -> FormVisit:
    form = published_form(code)
    move_in_id = move_in(form, move) if form is not None and move else None
    if form is None or (move and move_in_id is None):
        raise Http404
    path = move_in_url(code, move) if move else form_url(code)
    version = posted_version(request, form)
    asked = request.POST.get("language") or request.GET.get("language") or get_language_from_request(request)
    framed = request.GET.get("frame") == "1"
    return FormVisit(request, form, version, version.frozen.language(asked), framed, path, move_in_id)


def posted_version(request: HttpRequest, form: PublishedForm) -> ShownVersion:
    """Return the version that the visitor filled in, otherwise the current one."""
    return shown_version(form, version_number(request.POST))


def version_number(posted: QueryDict) -> int | None:
    number = posted.get("version", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else None


@xframe_options_exempt
@public("GET|POST f/<slug:code>/", "signup-form")
@public("GET|POST f/<slug:code>/move-in/<slug:move>/", "move-in")
def form(request: HttpRequest, code: str, move: str = "") -> HttpResponse:
    """`move`: the code of a move-in link, for people who were signed up at another email service."""
    return answer_visit(_visit(request, code, move))


def answer_visit(visit: FormVisit) -> HttpResponse:
    request = visit.request
    with translation.override(visit.language):
        if request.method == "POST":
            answer = _as_json(visit) if _wants_json(request) else _as_page(visit)
        elif request.GET.get("sent") == "1":
            answer = _page(visit, "public/signup/sent.html", {})
        else:
            answer = _form_page(visit, {"shown": shown_now(visit.form.code), "values": _prefilled(visit)})
    if visit.framed:
        allow(request, frame_ancestors="*")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = visit.language
    return answer


@public("GET f/<slug:code>/task", "signup-task")
def task(request: HttpRequest, code: str) -> HttpResponse:
    """Return a task for a visitor's browser, and the time it was requested; other origins may read it."""
    if published_form(code) is None:
        raise Http404
    return _open(JsonResponse({"task": new_task(code), "shown": shown_now(code)}))


@public("GET f/<slug:code>/form.js", "signup-script")
def script(request: HttpRequest, code: str) -> HttpResponse:
    answer = HttpResponse(script_of(_visit(request, code)), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = f"public, max-age={SCRIPT_SECONDS}"
    return answer


@public("POST f/<slug:code>/count", "signup-count")
def count(request: HttpRequest, code: str) -> HttpResponse:
    """Count that a visitor's browser showed the form, or that they began to fill it in. Nothing about them is kept."""
    form = published_form(code)
    if form is None:
        raise Http404
    step = request.POST.get("what", "")
    if step not in REPORTED:
        return _open(HttpResponse(status=400))
    placement = known_placement(request.POST.get("placement", ""))
    text_key = _compared_text(form.frozen, placement, request.POST)
    counted = count_reported(form, placement, FormStep(step), client_ip(request), text_key)
    return _open(HttpResponse(status=204 if counted else 429))


# -- taking a sign-up --------------------------------------------------------------------------------------------------


def _answers(visit: FormVisit) -> FormAnswers:
    fields = visit.version.frozen.content.fields
    return read_answers(fields, visit.request.POST, visit.form.typed, month_first=visit.form.month_first)


def _prefilled(visit: FormVisit) -> dict[str, Any]:
    fields = visit.version.frozen.content.fields
    return prefilled(fields, visit.request.GET, visit.form.typed, month_first=visit.form.month_first)


def ticked_lists(form: PublishedForm, version: ShownVersion, language: str, posted: QueryDict) -> list[int]:
    """Return the lists whose boxes the visitor ticked, the form's own first."""
    ticked = posted.getlist(FURTHER)
    own = [form.list_id] if posted.get(CONSENT) else []
    offered = offered_boxes(form, version, language)
    return own + [offer.list_id for offer, _box in offered if str(offer.list_id) in ticked]


def ticked_boxes(form: PublishedForm, version: ShownVersion, posted: QueryDict, list_ids: Sequence[int]) -> list[str]:
    tracking = version.frozen.content.asks_tracking and posted.get(TRACKING)
    boxes = [CONSENT if list_id == form.list_id else f"{FURTHER}:{list_id}" for list_id in list_ids]
    return [*boxes, *([TRACKING] if tracking else [])]


def _submission(visit: FormVisit, answers: FormAnswers) -> Submission:
    posted = visit.request.POST
    email = clean(posted.get("use") or posted.get("email"))
    list_ids = ticked_lists(visit.form, visit.version, visit.language, posted)
    placement = known_placement(posted.get("placement", ""))
    return Submission(
        email=email,
        language=visit.language,
        values=answers.values,
        ticked=ticked_boxes(visit.form, visit.version, posted, list_ids),
        list_ids=list_ids,
        ip=client_ip(visit.request),
        user_agent=visit.request.headers.get("User-Agent", ""),
        source_url=visit.path,
        page_url=_page_of_origin(visit.request),
        checked=bool(email) and clean(posted.get("checked")) == email,
        move_in_id=visit.move_in_id,
        placement=placement,
        compared_text=_compared_text(visit.version.frozen, placement, posted),
    )


def _compared_text(frozen: FrozenForm, placement: str, posted: QueryDict) -> str:
    key = posted.get("compared_text", "") if placement in OVERLAYS else ""
    return key if frozen.content.compared_text(key) is not None else ""


def _page_of_origin(request: HttpRequest) -> str:
    """Return the page the form was on, without its query, which is private; empty for a page of our own."""
    for address in (request.POST.get("page"), request.headers.get("Referer")):
        try:
            parts = urlsplit(address or "")
            host = parts.hostname
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and host and host != urlsplit(load_settings().public_url).hostname:
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return ""


def _lacking(visit: FormVisit, sent: Submission, answers: FormAnswers) -> dict[str, str]:
    errors = {} if sent.email else {"email": _("This field is required.")}
    errors |= answers.errors
    if not sent.list_ids and offered_boxes(visit.form, visit.version, visit.language):
        errors["consent"] = _("Select at least one box. Without your consent, we can't email you.")
    elif not sent.list_ids:
        errors["consent"] = _("Select the box to agree. Without your consent, we can't email you.")
    return errors


def _take(visit: FormVisit, sent: Submission) -> SignupResult:
    if visit.request.POST.get("topic_note"):
        return SignupResult(SignupOutcome.TAKEN)  # a machine filled in what no person sees; it learns nothing
    return sign_up.sign_up(visit.form, visit.version, sent, check_submission(visit.form.code, visit.request.POST))


def result_errors(taken: SignupResult) -> dict[str, str]:
    if taken.outcome is SignupOutcome.ADDRESS:
        assert taken.address is not None
        return {"email": _sentence(taken.address)} if taken.address.verdict is AddressVerdict.REFUSE else {}
    if taken.outcome is SignupOutcome.BUSY:
        return {"form": _("We've received too many sign-ups from your network. Try again in an hour.")}
    if taken.outcome is SignupOutcome.CLOSED:
        return {"form": _("This form no longer accepts sign-ups.")}
    if taken.outcome is SignupOutcome.MINOR:
        return {"form": _("You must be at least 16 years old to sign up.")}
    if taken.outcome is SignupOutcome.STEP:
        return {"form": _("One more time: this stops bots from signing up other people.")}
    return {}


def _sentence(decision: AddressDecision) -> str:
    return reason_sentence(decision.reason or AddressReason.SYNTAX, known_language(translation.get_language()))


def _question(taken: SignupResult) -> str:
    decision = taken.address
    if taken.outcome is not SignupOutcome.ADDRESS or decision is None or decision.verdict is AddressVerdict.REFUSE:
        return ""
    if decision.suggestion:
        return _("Did you mean %(suggestion)s?") % {"suggestion": decision.suggestion}
    return _("Is this your own address? %(reason)s") % {"reason": _sentence(decision)}


STATUS = {SignupOutcome.BUSY: 429, SignupOutcome.CLOSED: 410}


def _as_page(visit: FormVisit) -> HttpResponse:
    answers = _answers(visit)
    sent = _submission(visit, answers)
    errors = _lacking(visit, sent, answers)
    taken = None if errors else _take(visit, sent)
    if taken is not None and taken.outcome is SignupOutcome.TAKEN:
        own_page = "" if visit.framed else visit.form.redirects.sent
        return HttpResponse(status=303, headers={"Location": own_page or visit.url(sent="1")})
    context: dict[str, Any] = {
        "sent": sent,
        "values": {**answers.typed_in, "email": sent.email},
        "shown": shown_now(visit.form.code),
    }
    if taken is not None:
        errors = result_errors(taken)
        decision = taken.address
        context |= {"question": _question(taken), "suggestion": decision.suggestion if decision else ""}
    context["errors"] = errors
    status = STATUS.get(taken.outcome, 422) if taken is not None else 422
    return _form_page(visit, context, status=status)


def _as_json(visit: FormVisit) -> HttpResponse:
    answers = _answers(visit)
    sent = _submission(visit, answers)
    errors = _lacking(visit, sent, answers)
    if errors:
        return _open(JsonResponse({"outcome": "lacking", "errors": errors}, status=422))
    taken = _take(visit, sent)
    texts = visit.version.frozen.texts(visit.language)
    if taken.outcome is SignupOutcome.TAKEN:
        go = {"go": visit.form.redirects.sent} if visit.form.redirects.sent else {}
        return _open(JsonResponse({"outcome": "taken", "title": texts.sent_title, "text": texts.sent_text, **go}))
    answer: dict[str, Any] = {"outcome": taken.outcome.value, "errors": result_errors(taken)}
    question = _question(taken)
    if question:
        suggestion = taken.address.suggestion if taken.address else None
        answer |= {
            "question": question,
            "suggestion": suggestion,
            "use": _("Yes, use that one"),
            "keep": _("No, mine is correct") if suggestion else _("Yes, it's mine"),
        }
    if taken.outcome is SignupOutcome.STEP:
        answer["wait"] = int(1000 * value("sign_up_least_seconds"))
    return _open(JsonResponse(answer, status=STATUS.get(taken.outcome, 422)))


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _open(answer: HttpResponse) -> HttpResponse:
    """Let a script of any origin read this response. It contains nothing that the requester did not send."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = "no-store"
    return answer


# -- showing it --------------------------------------------------------------------------------------------------------


def style_context(form: PublishedForm, version: ShownVersion, language: str) -> dict[str, Any]:
    frozen = version.frozen
    style = frozen.content.style
    return {
        "customer": {
            "name": form.account_name,
            "text": frozen.list_name,
            "colour": style.colour,
            "logo_url": style.logo_url,
            "face": FACES[style.font],
        },
        "imprint_lines": [
            str(ImprintLine("", label, text, formats_of(language).colon))
            for label, text in frozen.frozen[language].imprint
        ],
        "imprint_url": "#imprint",
        "privacy_url": frozen.privacy_url,
    }


def _form_page(visit: FormVisit, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    if visit.landing is None:
        return _page(visit, "public/signup/form.html", context, status=status)
    return _page(visit, "public/signup/landing.html", {**landing_context(visit), **context}, status=status)


def _page(visit: FormVisit, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    frozen = visit.version.frozen
    allow_picture(visit.request, frozen.content.style.logo_url)
    allow_redirect(visit.request, visit.form.redirects.sent)
    languages = [
        (code, visit.url(**visit.prefill(), language=code))
        for code, _name in settings.LANGUAGES
        if code in frozen.frozen and code != visit.language and visit.landing is None
    ]
    whole = {
        **style_context(visit.form, visit.version, visit.language),
        "style_css": page_css(frozen.content.style),
        "open": visit.form.open,
        "texts": frozen.texts(visit.language),
        "frozen": frozen.frozen[visit.language],
        "offered": offered_boxes(visit.form, visit.version, visit.language),
        "parts": in_parts(
            filled_in(
                inputs(frozen, visit.language, visit.form.typed), context.get("values", {}), context.get("errors", {})
            )
        ),
        "version": visit.version.number,
        "form_language": visit.language,
        "languages": languages,
        "task_url": reverse("signup-task", args=[visit.form.code]),
        "count_url": reverse("signup-count", args=[visit.form.code]),
        "placement": visit.placement,
        "action": visit.url(),
        "page": _page_of_origin(visit.request),
        "framed": visit.framed,
        "moved_in": visit.move_in_id is not None,
        **context,
    }
    return render(visit.request, template, whole, status=status)

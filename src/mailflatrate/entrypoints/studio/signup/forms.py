"""Forms: the list, creating one, and one form with its embed codes, sign-ups and versions."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.domains.queries import senders
from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.figures import placement_figures
from mailflatrate.apps.forms.landing_pages import landing_page_of, takedown_of
from mailflatrate.apps.forms.models import ConfirmationRequestState, Form, FormState, FormVersion, SignupRequest
from mailflatrate.apps.forms.pressure import pressure_on
from mailflatrate.apps.forms.queries import (
    PAGE_ROWS,
    form_row,
    form_table,
    open_lists,
    recent_requests,
    typed_fields,
    versions,
)
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.signup.embeds import form_url, frame_snippet, html_snippet, script_snippet
from mailflatrate.entrypoints.presenters.signup.form_css import form_style
from mailflatrate.entrypoints.presenters.signup.landing_pages import landing_url
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.studio.signup.builder import draft_as_published, wanted
from mailflatrate.entrypoints.studio.signup.fields import NewSignupForm
from mailflatrate.entrypoints.studio.signup.placement import PLACEMENT_LABELS
from mailflatrate.entrypoints.studio.signup.pressure import pressure_words
from mailflatrate.entrypoints.studio.signup.series import series_card
from mailflatrate.entrypoints.ui.menu import FORMS, Tab
from mailflatrate.entrypoints.ui.posts import refuse, see_other, succeed
from mailflatrate.rules.forms import FrozenTexts, frozen_from_json
from mailflatrate.rules.forms.placement import placement_from_json
from mailflatrate.rules.gate.judge import all_rules
from mailflatrate.rules.roles import Permission


@studio(
    "GET forms/",
    "forms",
    Permission.CONTACTS,
    limited=True,
    tab=Tab(FORMS, keywords=gettext_lazy("sign-up form, double opt-in, embed, website")),
)
def index(request: StudioRequest) -> HttpResponse:
    rows = [(row, FormState(row.form.state).tone, FormState(row.form.state).label) for row in form_table()]
    return page(request, "studio/signup/forms.html", {"rows": rows, "has_lists": bool(open_lists())})


@studio("GET|POST forms/new/", "form-new", Permission.CONTACTS, limited=True, logs="form.saved")
def new(request: StudioRequest) -> HttpResponse:
    first = open_lists()[:1]
    asked = NewSignupForm(request.POST or None, initial={"name": _("Website"), "mailing_list": request.GET.get("list")})
    if request.method == "POST" and asked.is_valid():
        sender = senders().first()
        try:
            made = form_edits.create_form(
                asked.cleaned_data["name"],
                asked.cleaned_data["mailing_list"],
                by=request.user,
                sender_id=sender.id if sender else None,
                style=form_style(brand_style()),
            )
        except FormError as error:
            asked.add_error(None, f"{capfirst(str(error))}.")
        else:
            return see_other(reverse("studio:form-edit", args=[made.id]))
    context = {"form": asked, "has_lists": bool(first)}
    return page(request, "studio/signup/new.html", context, status=422 if asked.errors else 200)


def _request_row(row: SignupRequest) -> dict[str, Any]:
    state = ConfirmationRequestState(row.state)
    rule = all_rules().get(row.reason)
    why = rule.words(reading_language()).why if rule is not None else ""
    return {"request": row, "tone": state.tone, "word": str(state.label), "why": why}


def _snippets(form: Form, language: str) -> list[dict[str, Any]]:
    assert form.current is not None
    frozen = frozen_from_json(form.current.content)
    language, typed = frozen.language(language), typed_fields(frozen.content)
    return [
        {
            "title": _("Script"),
            "text": _(
                "Looks the same on every website. Your page keeps its styles, and visitors stay on it when they submit."
            ),
            "code": script_snippet(form.code, frozen, language, typed),
        },
        {
            "title": _("Iframe"),
            "text": _("For website builders that don't allow scripts."),
            "code": frame_snippet(form.code, frozen, language, typed),
        },
        {
            "title": _("Plain HTML"),
            "text": _("Uses your own design, without any script. Copy it again whenever you publish a new version."),
            "code": html_snippet(form.code, form.current.number, frozen, language, typed),
        },
    ]


@studio("GET forms/<int:form_id>/", "form", Permission.CONTACTS, limited=True)
def one(request: StudioRequest, form_id: int) -> HttpResponse:
    form = wanted(form_id)
    if form.current is None:
        return see_other(reverse("studio:form-edit", args=[form_id]))
    before = whole_number(request.GET.get("before")) or None
    sign_ups = recent_requests(form_id, before_id=before)
    frozen = frozen_from_json(form.current.content)
    language = frozen.language(request.GET.get("language") or request.LANGUAGE_CODE or "")
    pressed = pressure_on(form_id)
    context: dict[str, Any] = {
        "signup": form,
        "pressure": pressure_words(pressed) if pressed else "",
        "row": form_row(form_id),
        "tone": FormState(form.state).tone,
        "state": FormState(form.state).label,
        "hosted_url": form_url(form.code),
        "landing_url": _landing_url(form_id),
        "snippets": _snippets(form, language),
        "language": language,
        "languages": frozen.content.languages,
        "placements": [
            (PLACEMENT_LABELS.get(placement_figure.placement, ""), placement_figure)
            for placement_figure in placement_figures(form_id)
        ],
        "placement": PLACEMENT_LABELS[placement_from_json(form.placement).kind],
        "requests": [_request_row(row) for row in sign_ups],
        "older": f"?before={sign_ups[-1].id}#sign-ups" if len(sign_ups) == PAGE_ROWS else "",
        "versions": [(version, _proof_line(version)) for version in versions(form_id)[:20]],
        "changed": draft_as_published(form).sha256 != form.current.sha256,
        "after": series_card(form_id),
        "wordings": _wordings(frozen.frozen[language]),
    }
    return page(request, "studio/signup/form.html", context)


def _landing_url(form_id: int) -> str:
    stored = landing_page_of(form_id)
    is_seen = stored is not None and stored.is_published and takedown_of(stored) is None
    return landing_url(stored.code) if stored is not None and is_seen else ""


def _wordings(texts: FrozenTexts) -> list[str]:
    further = [f"{offer.name}: {offer.wording}" for offer in texts.further]
    return [texts.wording, *further, *filter(None, [texts.tracking])]


def _proof_line(version: FormVersion) -> str:
    by = f" · {version.published_by}" if version.published_by else ""
    return f"SHA-256 {version.sha256[:16]}…{by}"


def _move(request: StudioRequest, form_id: int, action: Callable[[int], object], done: str) -> HttpResponse:
    wanted(form_id)
    here = reverse("studio:form", args=[form_id])
    try:
        action(form_id)
    except FormError as error:
        return refuse(request, f"{capfirst(str(error))}.", here)
    return succeed(request, done, here)


@studio("POST forms/<int:form_id>/close/", "form-close", Permission.CONTACTS, limited=True, logs="form.closed")
def close(request: StudioRequest, form_id: int) -> HttpResponse:
    done = _("Form closed. Visitors will see that it no longer accepts sign-ups.")
    return _move(request, form_id, form_edits.close_form, done)


@studio("POST forms/<int:form_id>/reopen/", "form-reopen", Permission.CONTACTS, limited=True, logs="form.reopened")
def reopen(request: StudioRequest, form_id: int) -> HttpResponse:
    done = _("The form accepts sign-ups again.")
    return _move(request, form_id, form_edits.reopen_form, done)

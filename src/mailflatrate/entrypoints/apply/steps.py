"""Filling in the application step by step. Each step saves the well-formed values and moves on, even if incomplete."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import agreements, vetting
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.facts import record_of
from mailflatrate.apps.accounts.models import AgreementDocument, Application, User
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.domains.actions.domains import prepare_sender
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.apply import session
from mailflatrate.entrypoints.apply.forms import (
    MOST_LISTS,
    STEP_FORMS,
    TITLES,
    HandInForm,
    ListRowForm,
    marked_as_due,
)
from mailflatrate.entrypoints.apply.views import REFUSED
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.studio.trust.imprint_form import ImprintForm, from_application
from mailflatrate.entrypoints.ui.countries import country_name
from mailflatrate.entrypoints.ui.documents import document_html
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.vetting.record import FIELDS, missing_fields

ASKED = ("representatives", "privacy_url")
"""Entries of an imprint that no step of the application asks for; the last step does."""
_LEGAL_FORMS = re.compile(
    r"\b(GmbH & Co\. KG|gGmbH|GmbH|AG|UG \(haftungsbeschränkt\)|UG|OHG|KG|e\. ?K\.|e\. ?V\.|eG|SE"
    r"|Ltd|S\.?A\.?|SARL|BV|AB)\.?$"
)


class FirstImprint:
    def __init__(self, application: Application, email: str, data: Any) -> None:
        texts = from_application(application)
        name = application.legal_name.strip()
        legal_form = _LEGAL_FORMS.search(name)
        texts |= {"email": email, "legal_form": legal_form[1] if legal_form else ""}
        self._asked = data is not None and any(str(data.get(name, "")).strip() for name in ASKED)
        written = {name: str(data.get(name, "")) for name in ASKED} if data is not None else {}
        address = written.get("privacy_url", "").strip()
        if address and "://" not in address:
            written["privacy_url"] = f"https://{address}"
        values = {**texts, **written, "country": application.country}
        self.form = ImprintForm(values) if self._asked else ImprintForm(country=application.country, stored=texts)
        self.country = application.country

    @property
    def fields(self) -> list[Any]:
        return [self.form[name] for name in ASKED if name in self.form.fields]

    def malformed(self) -> bool:
        """Return whether an entry is invalid; an incomplete imprint is allowed, since the studio can complete it."""
        return self._asked and any(self.form.has_error(name) for name in ASKED if self.form.data.get(name))

    def whole(self) -> dict[str, str] | None:
        """Return the imprint to store; None while it lacks something that the law requires."""
        return self.form.stored() if self._asked and self.form.is_valid() else None


def first_imprint(application: Application, user: User, data: Any) -> FirstImprint:
    return FirstImprint(application, user.email, data)


def prepare(account_id: int, user: User, imprint: FirstImprint) -> None:
    """Save the imprint if it is complete and there is none yet, and add the domain of the person's address."""
    fields = imprint.whole()
    with tenancy.account(account_id):
        if fields is not None and newest_imprint() is None:
            agreements.save_imprint(account_id, country=imprint.country, fields=fields, by=user)
        prepare_sender(user)


ORDER = list(TITLES)
INTROS = {
    "company": gettext_lazy("Who will be the sender? We compare these details with your imprint."),
    "sending": gettext_lazy("What you send, and who gets it. There are no wrong answers: our team reads every one."),
    "submit": gettext_lazy("Review your details, read the agreements and submit your application."),
}
# field of the record -> the step that asks for it
STEP_OF = {name: step for step, form in STEP_FORMS.items() for name in form.base_fields} | {"lists": "sending"}


class ApplicantRequest(HttpRequest):
    application: Application


def applicant(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        account_id = session.here(request)
        if account_id is None:
            return see_other(reverse("apply:start"))
        with tenancy.account(account_id):
            application = Application.objects.select_related("account").filter(account_id=account_id).first()
        if application is None or application.account.status not in vetting.EDITABLE:
            session.leave(request)
            return see_other(reverse("apply:done"))
        mine = cast(ApplicantRequest, request)
        mine.application = application
        return view(mine, *args, **kwargs)

    return guarded


def _marks(application: Application, here: str) -> list[dict[str, Any]]:
    empty = {STEP_OF[key] for key in missing_fields(record_of(application))}
    marks = []
    for step, title in TITLES.items():
        done = step in application.done_steps and step not in empty
        state = "current" if step == here else "done" if done else "todo"
        marks.append({"title": str(title), "url": _url(step), "state": state})
    return marks


def _url(step: str) -> str:
    return reverse("apply:submit") if step == "submit" else reverse("apply:step", args=[step])


def _page(request: ApplicantRequest, here: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    whole = {
        "steps": _marks(request.application, here),
        "here": here,
        "title": TITLES[here],
        "intro": INTROS[here],
        "number": ORDER.index(here) + 1,
        "back": _url(ORDER[ORDER.index(here) - 1]) if here != ORDER[0] else "",
        "question": request.application.account.status_reason,
    }
    return render(request, f"apply/{context.pop('template')}.html", {**whole, **context}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@applicant
def step(request: ApplicantRequest, name: str) -> HttpResponse:
    if name not in STEP_FORMS:
        raise Http404
    application = request.application
    posted = request.POST if request.method == "POST" else None
    form = STEP_FORMS[name](posted, initial=record_of(application))
    rows = _list_rows(application, posted, more="more" in request.GET) if name == "sending" else []
    if posted is None:
        return _step_page(request, name, form, rows)
    # Validated before they are marked as due: what is well-formed is saved, even if other fields are empty.
    form.is_valid()
    kept = {key: value for key, value in form.cleaned_data.items() if key not in form.errors}
    faulty = bool(form.errors) or any(row.errors for row in rows)
    if rows:
        kept["lists"] = [row.cleaned_data for row in rows if not row.errors and any(row.cleaned_data.values())]
    answer = _keep(request, name, kept)
    if answer is not None:
        return answer
    if faulty:
        return _step_page(request, name, form, rows, status=REFUSED)
    return see_other(f"{_url(name)}?more=1#lists" if posted.get("more") else _next(name))


def _step_page(
    request: ApplicantRequest, name: str, form: forms.Form, rows: list[ListRowForm], *, status: int = 200
) -> HttpResponse:
    context = {"template": name, "form": marked_as_due(form), "rows": [marked_as_due(row) for row in rows]}
    return _page(request, name, context, status=status)


def _keep(request: ApplicantRequest, name: str, values: dict[str, Any]) -> HttpResponse | None:
    try:
        request.application = vetting.save_application(request.application.account_id, values, step=name)
    except AccountError:
        session.leave(request)
        return see_other(reverse("apply:done"))
    return None


def _next(name: str) -> str:
    return _url(ORDER[ORDER.index(name) + 1])


def _list_rows(application: Application, data: QueryDict | None, *, more: bool) -> list[ListRowForm]:
    stored = application.lists
    total = min(MOST_LISTS, max(1, len(stored) + more))
    if data is not None:
        asked = data.get("rows", "")
        total = min(MOST_LISTS, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else total
    return [
        ListRowForm(data, prefix=f"list{number}", initial=stored[number] if number < len(stored) else None)
        for number in range(total)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@applicant
def submit(request: ApplicantRequest) -> HttpResponseBase:
    user = queries.owner_of(request.application.account_id)
    form, imprint = HandInForm(request.POST or None), first_imprint(request.application, user, request.POST or None)
    if request.method != "POST":
        return _submit_page(request, user, form, imprint)
    documents = queries.current_documents(user.language)
    accepted = [int(text) for text in request.POST.getlist("accept") if text.isascii() and text.isdecimal()]
    ticked = {document.id for document in documents} <= set(accepted)
    problem = (
        "" if ticked else _("Select all three boxes to agree. You need to accept the agreements to get an account.")
    )
    if form.is_valid() and ticked and not imprint.malformed():
        where = agreements.Circumstances(client_ip(request), request.headers.get("User-Agent", ""))
        password = form.cleaned_data["password"]
        is_new = bool(password) and not user.has_usable_password()
        try:
            vetting.submit_application(
                request.application.account_id, user, where, password=password, document_ids=accepted
            )
        except AccountError as error:
            problem = str(error)
        else:
            session.leave(request)
            prepare(request.application.account_id, user, imprint)
            return _welcome(request, user, is_new=is_new)
    return _submit_page(request, user, form, imprint, problem, status=REFUSED)


def _welcome(request: HttpRequest, user: User, *, is_new: bool) -> HttpResponseBase:
    """Sign in only who has just chosen a first password: an application must be no way around the password."""
    if not is_new or request.user.is_authenticated:
        return see_other(reverse("apply:done"))
    messages.success(request, _("Your application has been submitted. Meanwhile, set up your first list."))
    return cast(HttpResponseBase, perform_login(request, user, redirect_url=reverse("studio:list-first")))


def _submit_page(
    request: ApplicantRequest,
    user: User,
    form: forms.Form,
    imprint: FirstImprint,
    problem: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    record = record_of(request.application)
    empty = missing_fields(record)
    language = known_language(get_language())
    lines = [
        {
            "name": field.name(language),
            "value": _shown(request.application, field.key),
            "url": _url(STEP_OF[field.key]),
            "empty": field.key in empty,
        }
        for field in FIELDS
    ]
    texts: list[tuple[AgreementDocument, Any]] = [
        (document, document_html(document)) for document in queries.current_documents(user.language)
    ]
    context = {
        "template": "submit",
        "form": form,
        "imprint": imprint,
        "lines": lines,
        "empty": empty,
        "documents": texts,
        "problem": problem,
        "has_password": user.has_usable_password(),
    }
    return _page(request, "submit", context, status=status)


def _shown(application: Application, key: str) -> str:
    if key == "lists":
        return "; ".join(f"{row.get('name')} ({row.get('size')}): {row.get('collection')}" for row in application.lists)
    if key in ("sector", "cadence"):
        return str(getattr(application, f"get_{key}_display")())
    if key == "country":
        return country_name(application.country)
    value = getattr(application, key)
    return "" if value is None else str(value)

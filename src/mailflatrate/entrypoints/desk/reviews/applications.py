"""Applications: the queue, a single application with all its findings, and the decision (R-01 to R-03)."""

from typing import Any

from django import forms
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.actions import vetting
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.facts import record_of
from mailflatrate.apps.accounts.models import Account, AccountStatus, Application, DecisionKind, Signal, User
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin
from mailflatrate.apps.intake.origin_review import waiting_declarations
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin
from mailflatrate.base import jobs
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, find_account, history, owners, page, tone_of
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.ui.countries import country_name
from mailflatrate.entrypoints.ui.declared_pages import Column, ListPage, number
from mailflatrate.entrypoints.ui.origin_labels import facts_of, hits_of
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.vetting.record import FIELDS, missing_fields
from mailflatrate.rules.vetting.signal_messages import signal_words
from mailflatrate.rules.vetting.signals import SignalOutcome

VIEWS = {
    "waiting": (gettext_lazy("Waiting for you"), (AccountStatus.SUBMITTED, AccountStatus.APPROVED)),
    "asked": (gettext_lazy("Waiting for a reply"), (AccountStatus.MORE_INFO,)),
    "begun": (gettext_lazy("Not submitted yet"), (AccountStatus.REGISTERED,)),
    "rejected": (gettext_lazy("Rejected"), (AccountStatus.REJECTED,)),
}
WEIGHT = [SignalOutcome.SERIOUS, SignalOutcome.CONCERN, SignalOutcome.NOT_CHECKED, SignalOutcome.GOOD]
STATES = {
    SignalOutcome.SERIOUS: "blocked",
    SignalOutcome.CONCERN: "warning",
    SignalOutcome.NOT_CHECKED: "waiting",
    SignalOutcome.GOOD: "passed",
}
LONG = ("business_model", "sending_history", "leaving_reason", "sample_mailing")
LINKS = ("website", "imprint_url", "form_url")


class DecisionForm(forms.Form):
    """`text` goes to the customer, `note` stays internal; `origin` is a declaration approved for `origin_reason`."""

    kind = forms.ChoiceField(choices=DecisionKind.choices)
    text = forms.CharField(max_length=8000, required=False)
    note = forms.CharField(max_length=8000, required=False)
    origin = forms.IntegerField(min_value=1, required=False)
    origin_reason = forms.CharField(max_length=8000, required=False)


def _first_origin(account_id: int) -> dict[str, Any] | None:
    origin = waiting_declarations().filter(account_id=account_id).first()
    if origin is None:
        return None
    return {
        "origin": origin,
        "tone": DeclarationState(origin.state).tone,
        "facts": facts_of(origin),
        "hits": hits_of(origin),
    }


def _of(view: str) -> QuerySet[Application]:
    statuses = VIEWS[view][1]
    rows = Application.objects.filter(account__status__in=statuses, account__is_house=False)
    return rows.select_related("account")


APPLICATIONS = ListPage(
    "desk:applications",
    gettext_lazy("Applications"),
    (
        Column(
            gettext_lazy("Company"),
            lambda row: (
                row.legal_name or row.account.name,
                row.website,
                reverse("desk:application", args=[row.account_id]),
            ),
            draw="cell",
        ),
        Column(
            gettext_lazy("Messages per month"),
            lambda row: "–" if row.monthly_volume is None else number(row.monthly_volume),
            numeric=True,
        ),
        Column(gettext_lazy("Submitted"), lambda row: naturaltime(row.submitted_at) if row.submitted_at else "–"),
        Column(
            gettext_lazy("Account status"),
            lambda row: (row.account.get_status_display(), tone_of(row.account)),
            draw="badge",
        ),
    ),
    icon="stamp",
    empty=gettext_lazy("No applications here"),
    empty_text=gettext_lazy("New applications appear here as soon as they're submitted."),
)


@desk("GET applications/", "applications")
def applications(request: DeskRequest) -> HttpResponse:
    view = request.GET.get("view", "waiting")
    if view not in VIEWS:
        raise Http404
    rows = _of(view).order_by("submitted_at", "id")[:PAGE_ROWS]
    chips = [(key, words, _of(key).count()) for key, (words, _statuses) in VIEWS.items()]
    return page(request, "applications", APPLICATIONS.context(rows, chips=chips, view=view))


def _find(account_id: int) -> tuple[Account, Application]:
    account = find_account(account_id)
    application = get_object_or_404(Application.objects, account_id=account_id)
    return account, application


def signal_rows(application: Application) -> list[dict[str, Any]]:
    rows = []
    for signal in Signal.objects.filter(application=application).order_by("id"):
        outcome = SignalOutcome(signal.outcome)
        title, sentence = signal_words(signal.key, signal.word, signal.value, reading_language())
        rows.append(
            (
                WEIGHT.index(outcome),
                {"title": title, "sentence": sentence, "evidence": signal.evidence, "state": STATES[outcome]},
            )
        )
    return [row for _weight, row in sorted(rows, key=lambda pair: pair[0])]


def field_rows(application: Application) -> list[dict[str, Any]]:
    language, rows = reading_language(), []
    for field in FIELDS:
        if field.key == "lists":
            continue
        value = record_of(application)[field.key]
        if field.key in ("sector", "cadence"):
            value = getattr(application, f"get_{field.key}_display")()
        elif field.key == "country":
            value = country_name(application.country)
        rows.append(
            {
                "name": field.name(language),
                "value": str(value or ""),
                "is_link": field.key in LINKS,
                "is_long": field.key in LONG,
            }
        )
    return rows


def _page(request: DeskRequest, account_id: int, *, problem: str = "", status: int = 200) -> HttpResponse:
    account, application = _find(account_id)
    signals = signal_rows(application)
    context: dict[str, Any] = {
        "customer": account, "application": application, "tone": tone_of(account), "signals": signals,
        "open_signals": sum(row["state"] in ("blocked", "warning") for row in signals),
        "fields": field_rows(application), "missing": missing_fields(record_of(application)),
        "declared": _first_origin(account_id), "owners": owners(account_id), "history": history(account_id),
        "problem": problem,
        "may_decide": account.status == AccountStatus.SUBMITTED,
        "may_activate": account.status == AccountStatus.APPROVED,
        "may_reject": account.status in (AccountStatus.SUBMITTED, AccountStatus.MORE_INFO, AccountStatus.APPROVED),
        "may_ask": account.status in (AccountStatus.SUBMITTED, AccountStatus.APPROVED, AccountStatus.REJECTED),
    }  # fmt: skip
    return page(request, "application", context, status=status)


@desk("GET applications/<int:account_id>/", "application")
def application(request: DeskRequest, account_id: int) -> HttpResponse:
    return _page(request, account_id)


@desk("POST applications/<int:account_id>/decide/", "application-decide")
def decide(request: DeskRequest, account_id: int) -> HttpResponse:
    _find(account_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, account_id, problem=_("Choose a decision."), status=REFUSED)
    kind, fields = DecisionKind(form.cleaned_data["kind"]), form.cleaned_data
    try:
        with transaction.atomic():
            vetting.decide_application(account_id, kind, by=request.user, text=fields["text"], note=fields["note"])
            if kind is DecisionKind.APPROVE and fields["origin"]:
                _approve_origin(account_id, fields["origin"], by=request.user, reason=fields["origin_reason"])
    except AccountError as problem:
        return _page(request, account_id, problem=str(problem), status=REFUSED)
    except ListError as problem:
        return _page(request, account_id, problem=f"{capfirst(str(problem))}.", status=REFUSED)
    message = _("Decision: %(kind)s. The customer has been notified.") % {"kind": kind.label}
    return succeed(request, message, reverse("desk:application", args=[account_id]))


def _approve_origin(account_id: int, origin_id: int, *, by: User, reason: str) -> None:
    """Approve the origin as a decision of its own; it must be this account's. Raises ListError."""
    if not ListOrigin.objects.filter(id=origin_id, account_id=account_id).exists():
        raise Http404
    decide_origin(origin_id, OriginDecision.APPROVE, reviewer=by, reason=reason)


@desk("POST applications/<int:account_id>/activate/", "application-activate")
def activate(request: DeskRequest, account_id: int) -> HttpResponse:
    _find(account_id)
    try:
        vetting.activate_account(account_id, by=request.user)
    except AccountError as problem:
        return _page(request, account_id, problem=str(problem), status=REFUSED)
    message = _("The account is active. The customer has been notified.")
    return succeed(request, message, reverse("desk:application", args=[account_id]))


@desk("POST applications/<int:account_id>/check/", "application-check")
def check_again(request: DeskRequest, account_id: int) -> HttpResponse:
    _find(account_id)
    request.audit("signals.asked", account_id=account_id)
    jobs.defer("accounts.gather_signals", jobs.JobQueue.HOUSE, account_id=account_id, once=f"signals:{account_id}")
    message = _("The automated check is running again. The new results appear in a moment.")
    return succeed(request, message, reverse("desk:application", args=[account_id]))

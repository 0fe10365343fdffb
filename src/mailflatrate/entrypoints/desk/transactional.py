"""Transactional email at the desk: reviews of templates, the switch of an account, and its signals (R-112)."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.domains.facts import judge_name
from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.actions.switch import switch_transactional
from mailflatrate.apps.transactional.actions.templates import preview
from mailflatrate.apps.transactional.compiled import sent_parts
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import (
    MisdirectedAddress,
    TemplateState,
    TemplateVersion,
    TransactionalMessage,
    TransactionalSwitch,
)
from mailflatrate.apps.transactional.queries import samples_of
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, find_account, page
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.studio.content.message_frame import shown_here
from mailflatrate.entrypoints.ui.content_policy import allow
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.entrypoints.ui.transactional_labels import HINT_WORDS, pretty
from mailflatrate.mail.content.compiler import WrittenParts
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.rules.gate.judge import explain
from mailflatrate.rules.messages.advertising import HintKind

COUNTED = timedelta(days=30)
DECIDABLE = (TemplateState.SUBMITTED, TemplateState.APPROVED)


@dataclass(frozen=True, slots=True)
class AccountFigures:
    account: Account
    is_on: bool
    messages: int
    refused: int
    misdirected: int


@desk("GET transactional/", "transactional")
def queue(request: DeskRequest) -> HttpResponse:
    waiting = TemplateVersion.objects.filter(state=TemplateState.SUBMITTED).select_related("template", "account")
    switches = TransactionalSwitch.objects.select_related("account").order_by("-is_on", "-changed_at")[:PAGE_ROWS]
    context = {
        "rows": list(waiting.order_by("submitted_at")[:PAGE_ROWS]),
        "accounts": _figures([(row.account, row.is_on) for row in switches]),
    }
    return page(request, "transactional/queue", context)


def _figures(accounts: list[tuple[Account, bool]]) -> list[AccountFigures]:
    ids, since = [account.id for account, _is_on in accounts], clock.now() - COUNTED
    rows = TransactionalMessage.objects.filter(account_id__in=ids, created_at__gt=since).values("account_id")
    counted = rows.annotate(taken=Count("id"), refused=Count("id", filter=~Q(refused_by="")))
    counts = {
        account_id: (taken, refused)
        for account_id, taken, refused in counted.values_list("account_id", "taken", "refused")
    }
    reports = MisdirectedAddress.objects.filter(account_id__in=ids, reported_at__gt=since).values("account_id")
    misdirected = dict(reports.annotate(found=Count("id")).values_list("account_id", "found"))
    return [
        AccountFigures(account, is_on, *counts.get(account.id, (0, 0)), misdirected.get(account.id, 0))
        for account, is_on in accounts
    ]


def find_version(version_id: int) -> TemplateVersion:
    rows = TemplateVersion.objects.select_related("template", "account", "sender__domain", "submitted_by")
    template_version = rows.filter(id=version_id).exclude(state=TemplateState.DRAFT).first()
    if template_version is None:
        raise Http404
    return template_version


@desk("GET transactional/versions/<int:version_id>/", "transactional-version")
def version(request: DeskRequest, version_id: int) -> HttpResponse:
    return _version_page(request, find_version(version_id))


def _version_page(
    request: DeskRequest, template_version: TemplateVersion, *, problem: str = "", reason: str = "", status: int = 200
) -> HttpResponse:
    allow(request, inline_styles=True)  # the message's frame is part of the page
    parts, fault = _preview(template_version)
    context: dict[str, Any] = {
        "version": template_version,
        "customer": template_version.account,
        "tone": TemplateState(template_version.state).tone,
        "hints": [(HINT_WORDS[HintKind(hint["kind"])], hint["passage"]) for hint in template_version.hints],
        "parts": parts,
        "samples": _samples(template_version),
        "name_faults": _name_faults(template_version),
        "fault": fault,
        "fields_text": pretty(template_version.fields),
        "decisions": template_version.state in DECIDABLE,
        "problem": problem,
        "reason": reason,
    }
    return page(request, "transactional/version", context, status=status)


def _name_faults(template_version: TemplateVersion) -> list[str]:
    """Return what the rules say about the sender's name (R-45), for the reviewer to decide."""
    if template_version.sender is None:
        return []
    with tenancy.account(template_version.account_id):
        verdict = judge_name(template_version.sender.display_name, template_version.sender.email)
    return [explain(finding, reading_language()).sentence for finding in verdict.failures]


def _samples(template_version: TemplateVersion) -> list[tuple[TransactionalMessage, WrittenParts]]:
    samples = []
    for message in samples_of(template_version):
        with tenancy.account(template_version.account_id), suppress(TransactionalError, VaultError):
            samples.append((message, sent_parts(message)))
    return samples


def _preview(template_version: TemplateVersion) -> tuple[WrittenParts | None, str]:
    with tenancy.account(template_version.account_id):
        try:
            parts = preview(template_version, template_version.account.name)
            return replace(parts, html=shown_here(parts.html)), ""
        except TransactionalError as problem:
            return None, str(problem)


@desk("POST transactional/versions/<int:version_id>/decide/", "transactional-decide")
def decide(request: DeskRequest, version_id: int) -> HttpResponse:
    template_version, reason = find_version(version_id), request.POST.get("reason", "")
    try:
        outcome = VersionDecision(request.POST.get("outcome", ""))
        decided = decide_version(version_id, outcome, reviewer=request.user, reason=reason)
    except ValueError:
        return _version_page(request, template_version, problem=_("Choose a decision."), reason=reason, status=REFUSED)
    except TransactionalError as problem:
        return _version_page(request, template_version, problem=str(problem), reason=reason, status=REFUSED)
    text = _("Decision: %(state)s. The customer has been notified.") % {"state": decided.get_state_display()}
    return succeed(request, text, reverse("desk:transactional"))


@desk("GET transactional/accounts/<int:account_id>/", "transactional-account")
def account(request: DeskRequest, account_id: int) -> HttpResponse:
    return _account_page(request, account_id)


def _account_page(
    request: DeskRequest, account_id: int, *, problem: str = "", reason: str = "", status: int = 200
) -> HttpResponse:
    customer = find_account(account_id)
    switch_row = TransactionalSwitch.objects.filter(account=customer).select_related("changed_by").first()
    is_on = switch_row is not None and switch_row.is_on
    versions = TemplateVersion.objects.filter(account=customer).exclude(state=TemplateState.DRAFT)
    context = {
        "account": None,
        "customer": customer,
        "switch": switch_row,
        "is_on": is_on,
        "figures": _figures([(customer, is_on)])[0],
        "versions": [
            (row, TemplateState(row.state).tone)
            for row in versions.select_related("template").order_by("-id")[:PAGE_ROWS]
        ],
        "problem": problem,
        "reason": reason,
    }
    return page(request, "transactional/account", context, status=status)


@desk("POST transactional/accounts/<int:account_id>/switch/", "transactional-switch")
def switch(request: DeskRequest, account_id: int) -> HttpResponse:
    find_account(account_id)
    is_on, reason = request.POST.get("on") == "yes", request.POST.get("reason", "")
    try:
        switch_transactional(account_id, is_on=is_on, by=request.user, reason=reason)
    except TransactionalError as problem:
        return _account_page(request, account_id, problem=str(problem), reason=reason, status=REFUSED)
    text = _("Transactional email is on.") if is_on else _("Transactional email is off.")
    return succeed(request, text, reverse("desk:transactional-account", args=[account_id]))

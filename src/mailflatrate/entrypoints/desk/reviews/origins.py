"""Origins of lists and held imports at the desk: the queue, the evidence, the decision (R-10 to R-15)."""

import secrets
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.intake import origin_review
from mailflatrate.apps.intake.actions import origin_decisions
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision
from mailflatrate.apps.intake.image_uploads import PICTURE_TYPES
from mailflatrate.apps.intake.models import CheckState, Import
from mailflatrate.apps.intake.proof_sources import other_companies
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.entrypoints.ui.origin_labels import facts_of, figures_of, hits_of
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.addresses import AddressReason

SHOWN_ROWS = 100
MAX_SEED = 2**31


def _accounts(ids: set[int]) -> dict[int, Account]:
    return {account.id: account for account in Account.objects.filter(id__in=ids)}


@desk("GET origins/", "origins")
def queue(request: DeskRequest) -> HttpResponse:
    declarations = list(origin_review.waiting_declarations()[:SHOWN_ROWS])
    imports = list(origin_review.held_imports()[:SHOWN_ROWS])
    accounts = _accounts({row.account_id for row in (*declarations, *imports)})
    context = {
        "declarations": [(row, accounts[row.account_id]) for row in declarations],
        "imports": [(row, accounts[row.account_id], figures_of(row)) for row in imports],
    }
    return render(request, "desk/origins/queue.html", context)


def _seed(request: DeskRequest) -> int:
    text = request.GET.get("sample", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


@desk("GET origins/<int:origin_id>/", "origin")
def one(request: DeskRequest, origin_id: int) -> HttpResponse:
    return _page(request, origin_id)


def _page(
    request: DeskRequest, origin_id: int, *, problem: str = "", reason: str = "", status: int = 200
) -> HttpResponse:
    case = origin_review.origin_case(origin_id, _seed(request))
    if case is None:
        raise Http404
    origin = case.origin
    context: dict[str, Any] = {
        "case": case,
        "origin": origin,
        "list": origin.mailing_list,
        "account": None,
        "customer": case.account,
        "tone": DeclarationState(origin.state).tone,
        "facts": facts_of(origin),
        "hits": hits_of(origin),
        "versions": [(row, DeclarationState(row.state).tone, facts_of(row)) for row in case.versions],
        "imports": [(job, CheckState(job.check_state).tone, figures_of(job)) for job in case.imports],
        "held": [(job, figures_of(job)) for job in case.held],
        "companies": other_companies(case.imports),
        "left_another": case.left_another,
        "mistyped": sum(job.quarantined.get(AddressReason.TYPO.value, 0) for job in case.held),
        "people": [
            (reason_word(why) if why else _("Confirmed") if state == "confirmed" else _("Unsubscribed"), number)
            for (state, why), number in sorted(case.people.items(), key=lambda item: -item[1])
            if state != "pending"
        ],
        "confirmed": sum(number for (state, _why), number in case.people.items() if state == "confirmed"),
        "another": secrets.randbelow(MAX_SEED),
        "problem": problem,
        "reason": reason,
    }
    return render(request, "desk/origins/origin.html", context, status=status)


@desk("POST origins/<int:origin_id>/decide/", "origin-decide")
def decide(request: DeskRequest, origin_id: int) -> HttpResponse:
    if not ListOrigin.objects.filter(id=origin_id).exists():
        raise Http404
    reason = request.POST.get("reason", "")
    try:
        outcome = OriginDecision(request.POST.get("outcome", ""))
        decided = origin_decisions.decide_origin(origin_id, outcome, reviewer=request.user, reason=reason)
    except ValueError:
        return _page(request, origin_id, problem=_("Choose a decision."), reason=reason, status=422)
    except ListError as problem:
        return _page(request, origin_id, problem=f"{capfirst(str(problem))}.", reason=reason, status=422)
    text = _("Decision: %(state)s. The customer has been notified.") % {"state": decided.get_state_display()}
    return succeed(request, text, reverse("desk:origins"))


@desk("GET origins/<int:origin_id>/picture", "origin-picture")
def picture(request: DeskRequest, origin_id: int) -> HttpResponse:
    origin = ListOrigin.objects.filter(id=origin_id).first()
    if origin is None or origin.screenshot is None:
        raise Http404
    return HttpResponse(bytes(origin.screenshot), content_type=PICTURE_TYPES[origin.screenshot_type])


def _find_import(import_id: int) -> Import:
    return get_object_or_404(Import.objects.select_related("mailing_list", "origin", "created_by"), id=import_id)


@desk("GET held-imports/<int:import_id>/", "held-import", nav="origins")
def held(request: DeskRequest, import_id: int) -> HttpResponse:
    return _held_page(request, _find_import(import_id))


def _held_page(
    request: DeskRequest, job: Import, *, problem: str = "", reason: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "job": job,
        "list": job.mailing_list,
        "customer": Account.objects.get(id=job.account_id),
        "figures": figures_of(job),
        "quarantined": [(reason_word(why), number) for why, number in job.quarantined.items()],
        "sample": origin_review.sample([job.id], _seed(request)),
        "another": secrets.randbelow(MAX_SEED),
        "open": job.check_state == CheckState.HELD,
        "problem": problem,
        "reason": reason,
    }
    return render(request, "desk/origins/import.html", context, status=status)


@desk("POST held-imports/<int:import_id>/decide/", "held-import-decide")
def decide_held(request: DeskRequest, import_id: int) -> HttpResponse:
    job = _find_import(import_id)
    reason, verdict = request.POST.get("reason", ""), request.POST.get("outcome", "")
    if verdict not in ("release", "refuse"):
        return _held_page(request, job, problem=_("Choose a decision."), reason=reason, status=422)
    try:
        origin_decisions.decide_import(import_id, release=verdict == "release", reviewer=request.user, reason=reason)
    except ListError as problem:
        return _held_page(request, job, problem=f"{capfirst(str(problem))}.", reason=reason, status=422)
    return succeed(request, _("Decision saved. The customer has been notified."), reverse("desk:origins"))

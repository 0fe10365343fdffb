"""A campaign's report behind a link, without recipients or ways into the studio. Ended and unknown links look alike."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.stats.models import ReportLink
from mailflatrate.apps.stats.report_links import (
    PasswordResult,
    find_report_link,
    record_opening,
    try_password,
    working_link,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.presenters.campaign_figures import live_of
from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.studio.campaigns.reports.report import figures_context
from mailflatrate.entrypoints.studio.campaigns.reports.report_figures import report_figures
from mailflatrate.locale.formats import complete_languages
from mailflatrate.locale.texts import ENGLISH


@csrf_exempt  # the password is in the form itself; no cookie is involved
@require_http_methods(["GET", "HEAD", "POST"])
def shared_report(request: HttpRequest, token: str) -> HttpResponse:
    ids = find_report_link(token)
    if ids is None:
        raise Http404
    account_id, link_id = ids
    with tenancy.account(account_id), transaction.atomic():
        link = working_link(link_id)
        if link is None:
            raise Http404
        account = current_account()
        # Its readers know no language of the account: their browser's counts, as far as it names one.
        by_browser = translation.get_language_from_request(request) if "Accept-Language" in request.headers else ""
        language = page_language(request, by_browser or account.language)
        language = language if language in complete_languages() else ENGLISH  # the report's words are the studio's
        with timezone.override(ZoneInfo(account.time_zone)), translation.override(language):
            answer = _answer(request, account, link)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _answer(request: HttpRequest, account: Account, link: ReportLink) -> HttpResponse:
    if link.password:
        if request.method != "POST":
            return _door(request, account, "")
        result = try_password(link, request.POST.get("password", ""))
        if result is not PasswordResult.RIGHT:
            return _door(request, account, result.value)
    if request.method != "HEAD":
        record_opening(link)
    return _report(request, account, link)


def _door(request: HttpRequest, account: Account, problem: str) -> HttpResponse:
    """Ask for the password; the page doesn't say which campaign it is about."""
    context = {"account": account, "problem": problem}
    status = {"": 200, PasswordResult.TOO_MANY.value: 429}.get(problem, 422)
    return render(request, "studio/campaigns/shared_report_door.html", context, status=status)


def _report(request: HttpRequest, account: Account, link: ReportLink) -> HttpResponse:
    figures = report_figures(link.campaign, compares=False)
    context: dict[str, Any] = {
        "account": account,
        "campaign": link.campaign,
        "link": link,
        "live": live_of(link.campaign, figures.counts),
        "now": clock.now(),
        "shared": True,
        **figures_context(figures),
    }
    return render(request, "studio/campaigns/shared_report.html", context)

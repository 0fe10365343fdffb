"""Accounts that are throttled or at their limit for confirmation requests on other people's behalf (R-35)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.forms.actions.request_limits import braked_accounts
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.ui.declared_pages import Column, ListPage, link, number, text
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.entrypoints.ui.request_limits import LEVELS
from mailflatrate.rules.forms.request_limits import AskingAllowance


def _today(limits: AskingAllowance) -> SafeString:
    at_stands = _("and %(n)s at stands") % {"n": number(limits.at_stands_today)} if limits.at_stands_today else ""
    below = text(at_stands, "block text-xs text-soft") if at_stands else ""
    return format_html("{} / {}{}", number(limits.asked_today), number(limits.limit), below)


LIMITED = ListPage(
    "desk:request-limits",
    gettext_lazy("Confirmation requests"),
    (
        Column(gettext_lazy("Account"), lambda row: link(row[0].name, reverse("desk:account", args=[row[0].id]))),
        Column(gettext_lazy("Status"), lambda row: LEVELS[row[1].level][::-1], draw="badge"),
        Column(gettext_lazy("Today"), lambda row: _today(row[1])),
        Column(gettext_lazy("Confirmed"), lambda row: f"{number(row[1].confirmed)} / {number(row[1].judged)}"),
        Column(gettext_lazy("“This wasn't me”"), lambda row: number(row[1].denied)),
        Column(gettext_lazy("Nonexistent"), lambda row: number(row[1].unknown)),
    ),
    icon="mail-question-mark",
    empty=gettext_lazy("No accounts are restricted"),
    intro=gettext_lazy(
        "Accounts that request confirmation through API keys, manually or at stands and are restricted or have reached "
        "today's limit. Figures cover the last 14 days."
    ),
)


@desk(
    "GET request-limits/",
    "request-limits",
    tab=Tab(MONITORING, gettext_lazy("Confirmation requests"), icon="mail-question-mark", place=30),
)
def limited_accounts(request: DeskRequest) -> HttpResponse:
    allowances = braked_accounts()
    names = Account.objects.in_bulk([account_id for account_id, _allowance in allowances])
    rows = [(names[account_id], allowance) for account_id, allowance in allowances if account_id in names]
    return render(request, "parts/list_page.html", LIMITED.context(rows))

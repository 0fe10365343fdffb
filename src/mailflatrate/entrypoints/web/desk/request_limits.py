"""Accounts that are throttled or at their limit for confirmation requests on other people's behalf (R-35)."""

from django.http import HttpResponse

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.forms.actions.request_limits import braked_accounts
from mailflatrate.entrypoints.web.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.web.desk.common import page
from mailflatrate.entrypoints.web.request_limits import asking_shown


@desk("GET request-limits/", "request-limits")
def limited_accounts(request: DeskRequest) -> HttpResponse:
    """List the accounts, worst first, with the figures that led to it."""
    found = braked_accounts()
    names = Account.objects.in_bulk([account_id for account_id, _allowance in found])
    rows = [(names[account_id], asking_shown(allowance)) for account_id, allowance in found if account_id in names]
    return page(request, "request_limits", {"rows": rows})

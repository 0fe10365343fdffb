"""Accounts: search, history and actions (R-08, R-09, R-90)."""

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.actions import account_status, messages
from mailflatrate.apps.accounts.actions.account_status import Reasons
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import (
    ACCOUNT_STATUS_LABELS,
    Account,
    AccountStatus,
    AccountStatusChange,
    Application,
    DeskMessage,
    Membership,
    Side,
    Strike,
)
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import clock
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import (
    PAGE_ROWS,
    REFUSED,
    find_account,
    history,
    owners,
    page,
    tone_of,
)
from mailflatrate.entrypoints.ui.declared_pages import Column, ListPage
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.limits import value as limit
from mailflatrate.rules.vetting.account_status import LIFTS, Mover, lift_from, may_move

MEASURES = (
    AccountStatus.THROTTLED,
    AccountStatus.PAUSED,
    AccountStatus.SUSPENDED,
    AccountStatus.CLOSED,
    AccountStatus.ACTIVE,
)
MOST_NUMBER = 2_000_000_000


class MeasureForm(forms.Form):
    """A change of the account's status. `text` and `remedy` go to the customer."""

    after = forms.ChoiceField(choices=[(target, ACCOUNT_STATUS_LABELS[target]) for target in MEASURES])
    rule = forms.CharField(max_length=10, required=False)
    text = forms.CharField(max_length=8000, required=False)
    remedy = forms.CharField(max_length=8000, required=False)


class LimitsForm(forms.Form):
    daily_limit = forms.IntegerField(
        label=gettext_lazy("Recipients per day"),
        min_value=0,
        max_value=MOST_NUMBER,
        required=False,
        help_text=gettext_lazy("Leave empty to use the limit for the account's age and status."),
    )
    supervised = forms.BooleanField(label=gettext_lazy("Hold the next campaign for review"), required=False)
    because = forms.CharField(label=gettext_lazy("Reason"), max_length=1000, widget=forms.Textarea({"rows": 2}))


def _shortened(words: str) -> str:
    return Truncator(words).chars(80)


ACCOUNTS = ListPage(
    "desk:accounts",
    gettext_lazy("Accounts"),
    (
        Column(
            gettext_lazy("Account"),
            lambda row: (row.name, Truncator(row.status_reason).chars(80), reverse("desk:account", args=[row.id])),
            draw="cell",
        ),
        Column(gettext_lazy("Since"), lambda row: date_format(localtime(row.created_at), "DATE_FORMAT")),
        Column(gettext_lazy("Account status"), lambda row: (row.get_status_display(), tone_of(row)), draw="badge"),
    ),
    icon="search",
    empty=gettext_lazy("No accounts found"),
    empty_text=gettext_lazy("Try part of the name, or the domain."),
)


@desk("GET accounts/", "accounts", tab=Tab(MONITORING, gettext_lazy("Accounts"), icon="building-2", place=10))
def accounts(request: DeskRequest) -> HttpResponse:
    search, status = request.GET.get("q", "").strip(), request.GET.get("status", "")
    rows = Account.objects.filter(is_house=False)
    chips = dict(rows.values_list("status").annotate(n=Count("id")))
    if status in ACCOUNT_STATUS_LABELS:
        rows = rows.filter(status=status)
    if search:
        rows = rows.filter(id__in=_matching(search))
    context = {
        "search": search,
        "status": status,
        "chips": [
            (state.value, label, chips[state]) for state, label in ACCOUNT_STATUS_LABELS.items() if state in chips
        ],
    }
    return page(request, "accounts", ACCOUNTS.context(rows.order_by("name", "id")[:PAGE_ROWS], **context))


def _matching(search: str) -> set[int]:
    text = Q(legal_name__icontains=search) | Q(website__icontains=search) | Q(vat_id__icontains=search)
    account_ids = set(Application.objects.filter(text).values_list("account_id", flat=True))
    account_ids |= set(Account.objects.filter(name__icontains=search).values_list("id", flat=True))
    account_ids |= set(Campaign.objects.filter(mailing_id__iexact=search).values_list("account_id", flat=True))
    return account_ids | set(
        Membership.objects.filter(user__email__icontains=search).values_list("account_id", flat=True)
    )


def _measures(account: Account) -> list[dict[str, Any]]:
    """Return the status changes that R-01 allows a person to make from here, each with its texts."""
    before = AccountStatus(account.status)
    measures = []
    for after in MEASURES:
        if may_move(before, after, Mover.STAFF) and before is not AccountStatus.APPROVED:
            measures.append(
                {"after": after.value, "label": MEASURE_WORDS[after], **LOOKS[after], "lifts": (before, after) in LIFTS}
            )
    return measures


MEASURE_WORDS = {
    AccountStatus.THROTTLED: gettext_lazy("Throttle account"),
    AccountStatus.PAUSED: gettext_lazy("Pause account"),
    AccountStatus.SUSPENDED: gettext_lazy("Suspend account"),
    AccountStatus.CLOSED: gettext_lazy("Close account permanently"),
    AccountStatus.ACTIVE: gettext_lazy("Resume normal sending"),
}
LOOKS = {
    AccountStatus.THROTTLED: {"icon": "gauge", "key": "T", "tone": ""},
    AccountStatus.PAUSED: {"icon": "octagon-pause", "key": "P", "tone": ""},
    AccountStatus.SUSPENDED: {"icon": "ban", "key": "S", "tone": "error"},
    AccountStatus.CLOSED: {"icon": "circle-x", "key": "", "tone": "error"},
    AccountStatus.ACTIVE: {"icon": "circle-play", "key": "L", "tone": ""},
}


def _page(
    request: DeskRequest, account_id: int, *, problem: str = "", limits: LimitsForm | None = None, status: int = 200
) -> HttpResponse:
    account = find_account(account_id)
    now = clock.now()
    strikes = Strike.objects.filter(account_id=account_id).order_by("-given_at")
    stopped = (
        AccountStatusChange.objects.filter(
            account_id=account_id, after__in=[AccountStatus.PAUSED, AccountStatus.SUSPENDED]
        )
        .order_by("-id")
        .first()
    )
    initial = {"daily_limit": account.daily_limit, "supervised": account.supervised}
    context = {
        "customer": account, "tone": tone_of(account), "owners": owners(account_id), "history": history(account_id),
        "application": Application.objects.filter(account_id=account_id).first(), "problem": problem,
        "measures": _measures(account), "limits": limits or LimitsForm(initial=initial),
        "strikes": strikes, "counting": strikes.filter(taken_back_at=None, given_at__lte=now, ends_at__gt=now).count(),
        "most_strikes": int(limit("strikes_to_suspend")),
        "lift_from": lift_from(stopped.at) if stopped and not account.may_send else None,
        "messages_waiting": DeskMessage.objects.filter(
            account_id=account_id, side=Side.CUSTOMER, handled_at=None
        ).select_related("author", "about").order_by("id"),
    }  # fmt: skip
    return page(request, "account", context, status=status)


@desk("GET accounts/<int:account_id>/", "account")
def account(request: DeskRequest, account_id: int) -> HttpResponse:
    return _page(request, account_id)


@desk("POST accounts/<int:account_id>/measure/", "account-measure")
def measure(request: DeskRequest, account_id: int) -> HttpResponse:
    find_account(account_id)
    form = MeasureForm(request.POST)
    if not form.is_valid():
        raise Http404
    after, fields = AccountStatus(form.cleaned_data["after"]), form.cleaned_data
    reasons = Reasons(f"desk_{after.value}", fields["text"], fields["remedy"], fields["rule"])
    try:
        account_status.change_account_status(account_id, after, reasons, by=request.user)
    except AccountError as problem:
        return _page(request, account_id, problem=str(problem), status=REFUSED)
    message = _("The account status is now %(status)s. The customer has been notified.")
    message = message % {"status": ACCOUNT_STATUS_LABELS[after]}
    return succeed(request, message, reverse("desk:account", args=[account_id]))


@desk("POST accounts/<int:account_id>/strike/", "account-strike")
def strike(request: DeskRequest, account_id: int) -> HttpResponse:
    find_account(account_id)
    reasons = Reasons("desk", request.POST.get("text", "")[:8000], rule=request.POST.get("rule", "")[:10])
    try:
        account_status.give_strike(account_id, reasons, by=request.user)
    except AccountError as problem:
        return _page(request, account_id, problem=str(problem), status=REFUSED)
    message = _("The strike counts for six months. The customer has been notified.")
    return succeed(request, message, reverse("desk:account", args=[account_id]))


@desk("POST accounts/<int:account_id>/strikes/<int:strike_id>/back/", "account-strike-back")
def strike_back(request: DeskRequest, account_id: int, strike_id: int) -> HttpResponse:
    find_account(account_id)
    if not Strike.objects.filter(id=strike_id, account_id=account_id).exists():
        raise Http404
    try:
        account_status.take_back_strike(strike_id, by=request.user, because=request.POST.get("because", "")[:2000])
    except AccountError as problem:
        return _page(request, account_id, problem=str(problem), status=REFUSED)
    return succeed(request, _("The strike no longer counts."), reverse("desk:account", args=[account_id]))


@desk("POST accounts/<int:account_id>/limits/", "account-limits")
def limits(request: DeskRequest, account_id: int) -> HttpResponse:
    find_account(account_id)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, account_id, limits=form, status=REFUSED)
    account_status.set_limits(account_id, by=request.user, **form.cleaned_data)
    return succeed(request, _("The limits have been saved."), reverse("desk:account", args=[account_id]))


@desk("POST accounts/<int:account_id>/answer/", "account-answer")
def answer(request: DeskRequest, account_id: int) -> HttpResponse:
    find_account(account_id)
    messages.answer_from_desk(account_id, request.POST.get("text", "")[:8000], by=request.user)
    return succeed(request, _("Done."), reverse("desk:account", args=[account_id]))

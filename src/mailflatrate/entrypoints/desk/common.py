"""Code shared by the desk's pages: an account with its history, action forms, the reader's language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import (
    Account,
    AccountStatus,
    AccountStatusChange,
    DecisionKind,
    DeskMessage,
    Membership,
    Role,
    Side,
    Strike,
    User,
    VettingDecision,
)
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview
from mailflatrate.entrypoints.desk.access import DeskRequest
from mailflatrate.entrypoints.ui.activity_labels import reason_word
from mailflatrate.entrypoints.ui.context import TONES

REFUSED = 422
PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class AccountEvent:
    at: datetime
    title: str
    proof: str
    tone: str = ""


def page(request: DeskRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"desk/{template}.html", context, status=status)


def find_account(account_id: int) -> Account:
    """Return a customer's account; the operator's own doesn't count. Raises Http404."""
    return get_object_or_404(Account.objects, id=account_id, is_house=False)


def tone_of(account: Account) -> str:
    return TONES[AccountStatus(account.status)]


def owners(account_id: int) -> list[User]:
    memberships = (
        Membership.objects.filter(account_id=account_id, role=Role.OWNER).select_related("user").order_by("id")
    )
    return [row.user for row in memberships]


def history(account_id: int) -> list[AccountEvent]:
    events = [*_moves(account_id), *_decisions(account_id), *_strikes(account_id), *_messages(account_id)]
    events += _reviews(account_id)
    return sorted(events, key=lambda event: event.at, reverse=True)


def who(actor: User | None, name: str) -> str:
    """A person by name, or a note that one of our rules did it."""
    if actor is not None:
        return str(actor)
    return name if "@" in name else _("automatically, by a rule")


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _moves(account_id: int) -> list[AccountEvent]:
    changes = AccountStatusChange.objects.filter(account_id=account_id).select_related("actor")
    return [
        AccountEvent(
            row.at,
            _("Account status: %(before)s → %(after)s")
            % {"before": row.get_before_display(), "after": row.get_after_display()},
            _joined(
                who(row.actor, row.actor_name),
                row.rule,
                reason_word(row.reason_code),
                _(row.text) if row.text else "",
            ),
            TONES[AccountStatus(row.after)]
            if row.after in (AccountStatus.PAUSED, AccountStatus.SUSPENDED, AccountStatus.CLOSED)
            else "",
        )
        for row in changes
    ]


def _decisions(account_id: int) -> list[AccountEvent]:
    decisions = VettingDecision.objects.filter(account_id=account_id).select_related("decided_by")
    return [
        AccountEvent(
            row.decided_at,
            _("Application: %(kind)s") % {"kind": DecisionKind(row.kind).label},
            _joined(str(row.decided_by), row.note, f"sha256 {row.record_sha256[:12]}…"),
        )
        for row in decisions
    ]


def _strikes(account_id: int) -> list[AccountEvent]:
    events = []
    for row in Strike.objects.filter(account_id=account_id).select_related("given_by", "taken_back_by"):
        until = _("active until %(day)s") % {"day": date_format(localtime(row.ends_at), "DATE_FORMAT")}
        events.append(AccountEvent(row.given_at, _("Strike"), f"{row.text} · {until}", "warning"))
        if row.taken_back_at is not None:
            events.append(
                AccountEvent(
                    row.taken_back_at, _("Strike withdrawn"), f"{row.taken_back_by} · {row.taken_back_because}"
                )
            )
    return events


def _messages(account_id: int) -> list[AccountEvent]:
    messages = DeskMessage.objects.filter(account_id=account_id).select_related("author")
    return [
        AccountEvent(
            row.at,
            _("The customer wrote") if row.side == Side.CUSTOMER else _("Our team wrote"),
            f"{row.author}: {row.text}",
        )
        for row in messages
    ]


def _reviews(account_id: int) -> list[AccountEvent]:
    reviews = list(CampaignReview.objects.filter(account_id=account_id).select_related("reviewed_by"))
    names = dict(Campaign.objects.filter(id__in=[row.campaign_id for row in reviews]).values_list("id", "name"))
    return [
        AccountEvent(
            row.reviewed_at,
            (_("“%(name)s” was approved") if row.approved else _("“%(name)s” was returned"))
            % {"name": names.get(row.campaign_id, "–")},
            _joined(str(row.reviewed_by), row.text, row.note),
        )
        for row in reviews
    ]

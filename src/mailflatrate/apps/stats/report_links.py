"""Links to a report for people without an account, shown once: only the token's hash is stored. They show figures,
never recipients, until they end, are revoked, or the account is closed.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, AccountStatus, User
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.stats.models import ReportLink
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

MOST_OPEN: Final = 20
MOST_DAYS: Final = 366
LEAST_PASSWORD: Final = 8
MOST_PASSWORD: Final = 100
"""Longer ones aren't hashed, which would cost more work the longer they are."""
MOST_WRONG: Final = 20
WRONG_PERIOD: Final = timedelta(hours=1)
TOKEN_LENGTH: Final = 43


class PasswordResult(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class MadeReportLink:
    link: ReportLink
    token: str


@tenancy.needs_account
def create_report_link(campaign_id: int, *, name: str, ends_at: datetime, password: str, by: User) -> MadeReportLink:
    """An empty `password` asks for none. Raises AccountError; Campaign.DoesNotExist if it has not begun to send."""
    campaign = Campaign.objects.select_for_update(of=("self",)).get(id=campaign_id, started_at__isnull=False)
    now = clock.now()
    if not now < ends_at <= now + timedelta(days=MOST_DAYS):
        raise AccountError(_("Choose a day within a year from today."))
    if password and not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise AccountError(_("A password needs at least %(least)d characters.") % {"least": LEAST_PASSWORD})
    if ReportLink.objects.filter(campaign=campaign, revoked_at=None, ends_at__gt=now).count() >= MOST_OPEN:
        raise AccountError(_("A report can have up to %(most)d links. Revoke one first.") % {"most": MOST_OPEN})
    token = secrets.token_urlsafe(32)
    link = ReportLink.objects.create(
        campaign=campaign,
        name=" ".join(name.split())[:80],
        token_hash=_hash(token),
        password=make_password(password) if password else "",
        created_by=by,
        created_at=now,
        ends_at=ends_at,
    )
    _record("report_link.created", link, by)
    return MadeReportLink(link, token)


@tenancy.needs_account
def revoke_report_link(link_id: int, campaign_id: int, *, by: User) -> None:
    """Revoke a link at once. Repeating it changes nothing. Raises ReportLink.DoesNotExist."""
    link = ReportLink.objects.select_for_update().get(id=link_id, campaign_id=campaign_id)
    if link.revoked_at is None:
        link.revoked_at = clock.now()
        link.save(update_fields=["revoked_at"])
        _record("report_link.revoked", link, by)


def _record(action: str, link: ReportLink, by: User) -> None:
    audit.record(
        action,
        by=audit.person(by),
        account_id=link.account_id,
        subject=f"campaign:{link.campaign_id}",
        details={"link": link.id, "ends_at": link.ends_at.isoformat(), "password": bool(link.password)},
    )


@tenancy.needs_account
def report_links(campaign_id: int) -> list[ReportLink]:
    """Return a campaign's links, newest first, including those that no longer work."""
    return list(ReportLink.objects.select_related("created_by").filter(campaign_id=campaign_id).order_by("-id"))


def find_report_link(token: str) -> tuple[int, int] | None:
    """Account and ID, whether or not it still works; None if unknown. Read it within the account's scope."""
    if len(token) != TOKEN_LENGTH:
        return None
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        return ReportLink.objects.filter(token_hash=_hash(token)).values_list("account_id", "id").first()


@tenancy.needs_account
def working_link(link_id: int) -> ReportLink | None:
    """Return a link of the current account if it still works, locked, so that its openings are counted in order."""
    link = (
        ReportLink.objects.select_for_update(of=("self",))
        .select_related("campaign")
        .filter(id=link_id, revoked_at=None, ends_at__gt=clock.now())
        .first()
    )
    closed = Account.objects.filter(id=tenancy.current_account_id(), status=AccountStatus.CLOSED).exists()
    return None if closed else link


def try_password(link: ReportLink, password: str) -> PasswordResult:
    """Compare a password with a locked link's. After too many wrong ones, no password is right for an hour."""
    now = clock.now()
    if link.wrong_since is None or link.wrong_since <= now - WRONG_PERIOD:
        link.wrong_passwords, link.wrong_since = 0, now
    if link.wrong_passwords >= MOST_WRONG:
        return PasswordResult.TOO_MANY
    if len(password) <= MOST_PASSWORD and check_password(password, link.password):
        return PasswordResult.RIGHT
    link.wrong_passwords += 1
    link.save(update_fields=["wrong_passwords", "wrong_since"])
    return PasswordResult.WRONG


def record_opening(link: ReportLink) -> None:
    ReportLink.objects.filter(id=link.id).update(opened_at=clock.now(), openings=F("openings") + 1)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

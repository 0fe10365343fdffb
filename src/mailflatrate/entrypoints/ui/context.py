"""The context that the frame of every page needs: service, navigation, account, person."""

import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from mailflatrate.apps.accounts.models import Account, AccountStatus, Membership
from mailflatrate.entrypoints.ui.navigation import studio_navigation, studio_section

TOTP_PERIOD_SECONDS = 30
TONES = {
    AccountStatus.REGISTERED: "info",
    AccountStatus.SUBMITTED: "info",
    AccountStatus.MORE_INFO: "warning",
    AccountStatus.APPROVED: "info",
    AccountStatus.REJECTED: "error",
    AccountStatus.ACTIVE: "success",
    AccountStatus.THROTTLED: "warning",
    AccountStatus.PAUSED: "warning",
    AccountStatus.SUSPENDED: "error",
    AccountStatus.CLOSED: "error",
}


def frame(request: HttpRequest) -> dict[str, Any]:
    shared = {
        "service_name": settings.SETTINGS.service_name,
        "demo": settings.SETTINGS.demo,
        "demo_code": SimpleLazyObject(_demo_code),
    }
    desk_frame = getattr(request, "desk_frame", None)
    if desk_frame is not None:
        return {**shared, **desk_frame()}
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None:
        return shared
    account, memberships = membership.account, getattr(request, "memberships", [])
    return {
        **shared,
        "home_url": reverse("studio:home"),
        "search_url": reverse("studio:search"),
        "account": account,
        "nav": SimpleLazyObject(lambda: studio_navigation(request)),
        "section": studio_section(request),
        "switcher": SimpleLazyObject(lambda: _switcher(memberships, account)),
        "person": {"name": str(request.user), "role": membership.get_role_display()},
    }


def _demo_code() -> str:
    secret = settings.SETTINGS.demo_second_factor
    if not (settings.SETTINGS.demo and secret):
        return ""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_PERIOD_SECONDS)))


def _switcher(memberships: list[Membership], account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "word": account.get_status_display(),
        "tone": TONES[AccountStatus(account.status)],
        "choices": [
            {
                "name": row.account.name,
                "url": reverse("studio:choose-account", args=[row.account_id]),
                "current": row.account_id == account.id,
            }
            for row in memberships
        ],
    }

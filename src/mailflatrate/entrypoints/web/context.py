"""What every page's frame needs to know: service, navigation, account, person."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.models import Account, Membership, Standing

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TOTP_PERIOD_SECONDS = 30
TONES = {
    Standing.REGISTERED: "info",
    Standing.SUBMITTED: "info",
    Standing.MORE_INFO: "warning",
    Standing.APPROVED: "info",
    Standing.REJECTED: "error",
    Standing.ACTIVE: "success",
    Standing.THROTTLED: "warning",
    Standing.PAUSED: "warning",
    Standing.SUSPENDED: "error",
    Standing.CLOSED: "error",
}

# group -> (url name, label, icon); the page is the current one where the request's url name begins with the last part
NAVIGATION = [
    ("", [("home", _("Home"), "house"), ("campaigns", _("Campaigns"), "send")]),
    (
        _("Audience"),
        [
            ("lists", _("Lists"), "list"),
            ("contacts", _("Contacts"), "users"),
            ("segments", _("Segments"), "funnel"),
            ("forms", _("Forms"), "square-pen"),
            ("imports", _("Imports"), "upload"),
        ],
    ),
    (
        _("Content"),
        [
            ("templates", _("Templates"), "layout-template"),
            ("media", _("Media"), "image"),
            ("brand", _("Appearance"), "palette"),
        ],
    ),
    (
        _("Trust"),
        [
            ("senders", _("Senders"), "globe-lock"),
            ("imprint", _("Imprint"), "file-check"),
            ("requests", _("Requests of persons"), "user"),
            ("standing", _("Standing"), "shield-check"),
        ],
    ),
    (_("World outside"), [("postbox", _("Postbox"), "inbox")]),
]


@dataclass(frozen=True, slots=True)
class NavItem:
    """One line of the navigation."""

    label: str
    url: str
    icon: str
    active: bool
    count: int = 0
    urgent: bool = False


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of the layouts (docs/components.md)."""
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
    account = membership.account
    return {
        **shared,
        "home_url": reverse("studio:home"),
        "account": account,
        "nav": _navigation(request),
        "switcher": SimpleLazyObject(lambda: _switcher(request, account)),
        "person": {"name": str(request.user), "role": membership.get_role_display()},
    }


def _demo_code() -> str:
    """The digits that the demonstration's operator would read from his phone; empty everywhere else."""
    secret = settings.SETTINGS.demo_second_factor
    if not (settings.SETTINGS.demo and secret):
        return ""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_PERIOD_SECONDS)))


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    match = request.resolver_match
    here = (match.url_name or "") if match else ""
    return [{"label": label, "items": [_item(here, *line) for line in lines]} for label, lines in NAVIGATION]


def _item(here: str, name: str, label: "StrOrPromise", icon: str) -> NavItem:
    singular = name.removesuffix("s")
    return NavItem(
        str(label), reverse(f"studio:{name}"), icon, here in (name, singular) or here.startswith(f"{singular}-")
    )


def _switcher(request: HttpRequest, account: Account) -> dict[str, Any]:
    standing = Standing(account.standing)
    return {
        "name": account.name,
        "word": str(standing.label),
        "tone": TONES[standing],
        "choices": [
            {
                "name": row.account.name,
                "url": reverse("studio:choose-account", args=[row.account_id]),
                "current": row.account_id == account.id,
            }
            for row in queries.memberships(request.user)  # type: ignore[arg-type]  # the studio is for signed-in people
        ],
    }

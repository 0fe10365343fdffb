"""Only staff who signed in with a second factor see the desk. A view runs in one transaction that sees all accounts. A
GET changes nothing; any other success without an audit log entry is rolled back, so a view that forgets it fails.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial, wraps
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.factors import has_second_factor
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.delivery.relays.overview import mail_leaves_machine
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.desk.queues import QUEUES
from mailflatrate.entrypoints.sign_in.proved_factor import second_factor
from mailflatrate.entrypoints.ui.menu import MONITORING, RECORDS, NavEntry
from mailflatrate.entrypoints.ui.pages import View, WebPage, declare, owner_of, tabs_of
from mailflatrate.entrypoints.ui.sessions import READING, signed_in
from mailflatrate.settings import load_settings

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def desk_frame(request: HttpRequest) -> dict[str, Any]:
    here = owner_of(request.resolver_match, _addresses())
    queues = []
    for queue in QUEUES:
        count = queue.backlog().count
        queues.append(_item(here, queue.page, queue.label, queue.icon, count=count, urgent=count > 0))
    nav: list[dict[str, Any]] = [
        {"label": "", "items": [_item(here, "home", gettext_lazy("Operations"), "house")]},
        {"label": _("Needs attention"), "items": queues},
        {"label": MONITORING.label, "items": _pages(here, MONITORING)},
        {"label": _("Testing"), "items": _outside(here)},
        {"label": RECORDS.label, "items": _pages(here, RECORDS)},
    ]
    return {
        "home_url": reverse("desk:home"),
        "nav": [group for group in nav if group["items"]],
        "switcher": {"name": _("Operations"), "hint": settings.SETTINGS.service_name},
        "person": {"name": str(request.user), "role": _("Operator")},
    }


def _pages(here: str, group: NavEntry) -> list[dict[str, Any]]:
    return [_item(here, name, tab.title, tab.icon) for name, tab in tabs_of(group).items()]


def _outside(here: str) -> list[dict[str, Any]]:
    if mail_leaves_machine(settings.SETTINGS):
        return []
    return [_item(here, "test-inbox", gettext_lazy("Service messages"), "inbox")]


@cache
def _addresses() -> dict[str, str]:
    names = ["home", "test-inbox", *(queue.page for queue in QUEUES), *tabs_of(MONITORING), *tabs_of(RECORDS)]
    return {name: reverse(f"desk:{name}") for name in names}


def _item(here: str, name: str, label: "StrOrPromise", icon: str, **count: Any) -> dict[str, Any]:
    return {"label": str(label), "url": _addresses()[name], "icon": icon, "active": here == name, **count}


FIRST_REFUSAL_STATUS = 400
LONGEST_SESSION = timedelta(hours=12)
"""A day's work. Then the desk asks for password and second factor again, however busy the session was."""


class NotRecorded(RuntimeError):
    """Raised when an action left no line in the audit log, which is a bug, so the action is rolled back."""


class DeskRequest(HttpRequest):
    user: User
    desk_frame: Callable[[], dict[str, Any]]

    def audit(self, action: str, **values: Any) -> None:
        raise NotImplementedError  # bound by `desk`


def desk(address: str, name: str, **options: Any) -> Callable[[View], View]:
    """Declare a page (`WebPage` lists the options). Outsiders get 404, so that the desk stays hidden; staff whose
    session hasn't used a second factor get a page that asks for it (403).
    """
    return lambda view: declare(WebPage(address, name, **options), _guarded(view))


def _guarded(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = cast(User, request.user)
        if not (user.is_staff and user.is_active):
            raise Http404
        if _is_over(request, user):
            logout(request)
            return view_signed_in(request, *args, **kwargs)
        if second_factor(request, user) is None:
            return render(request, "desk/second_factor.html", {"has_one": has_second_factor(user)}, status=403)
        return _at_desk(view, cast(DeskRequest, request), *args, **kwargs)

    view_signed_in = signed_in(guarded)
    return view_signed_in


def _is_over(request: HttpRequest, user: User) -> bool:
    moments = [record["at"] for record in get_authentication_records(request, user) if "at" in record]
    return bool(moments) and clock.now().timestamp() - min(moments) > LONGEST_SESSION.total_seconds()


def _at_desk(view: View, request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    def line(action: str, **values: Any) -> None:
        audit.record(action, by=audit.person(request.user), **values)

    request.desk_frame = partial(desk_frame, request)
    request.audit = line  # type: ignore[method-assign]
    zone = ZoneInfo(load_settings().desk_time_zone)
    try:
        with tenancy.platform(PlatformReason.OPERATOR_DESK), audit.recorded() as tally, timezone.override(zone):
            answer = view(request, *args, **kwargs)
            if request.method not in READING and answer.status_code < FIRST_REFUSAL_STATUS and not tally.actions:
                raise NotRecorded(f"{view.__module__}.{view.__name__} left no line in the audit log")
            return answer
    finally:
        # An error page is rendered outside the scope, where the frame's queries would fail.
        del request.desk_frame

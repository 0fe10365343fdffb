"""The frame of the desk's pages: navigation by queue, and the signed-in person."""

from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.delivery.relays.overview import mail_leaves_machine
from mailflatrate.entrypoints.desk.queues import QUEUES
from mailflatrate.entrypoints.ui.pages import owner_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Pages that aren't queues: name, label, icon.
WATCH: list[tuple[str, "StrOrPromise", str]] = [
    ("accounts", gettext_lazy("Accounts"), "building-2"),
    ("case-figures", gettext_lazy("Abuse metrics"), "activity"),
    ("request-limits", gettext_lazy("Confirmation requests"), "mail-question-mark"),
    ("landing-pages", gettext_lazy("Landing pages"), "layout-template"),
    ("relays", gettext_lazy("Relays"), "route"),
    ("setup", gettext_lazy("Setup"), "list-checks"),
    ("compliance", gettext_lazy("Provider requirements"), "badge-check"),
    ("privacy", gettext_lazy("Privacy and proof"), "scale"),
]
RECORD: list[tuple[str, "StrOrPromise", str]] = [
    ("audit-log", gettext_lazy("Audit log"), "scroll-text"),
    ("documents", gettext_lazy("Agreements"), "signature"),
]


def desk_frame(request: HttpRequest) -> dict[str, Any]:
    here = owner_of(request.resolver_match, _addresses())
    queues = []
    for queue in QUEUES:
        count = queue.backlog().count
        queues.append(_item(here, queue.page, queue.label, queue.icon, count=count, urgent=count > 0))
    nav = [
        {"label": "", "items": [_item(here, "home", gettext_lazy("Operations"), "house")]},
        {"label": _("Needs attention"), "items": queues},
        {"label": _("Monitoring"), "items": [_item(here, name, label, icon) for name, label, icon in WATCH]},
        {"label": _("Testing"), "items": _outside(here)},
        {"label": _("Records"), "items": [_item(here, name, label, icon) for name, label, icon in RECORD]},
    ]
    return {
        "home_url": reverse("desk:home"),
        "nav": [group for group in nav if group["items"]],
        "switcher": {"name": _("Operations"), "hint": settings.SETTINGS.service_name},
        "person": {"name": str(request.user), "role": _("Operator")},
    }


def _outside(here: str) -> list[dict[str, Any]]:
    if mail_leaves_machine(settings.SETTINGS):
        return []
    return [_item(here, "test-inbox", gettext_lazy("Service messages"), "inbox")]


@cache
def _addresses() -> dict[str, str]:
    names = ["home", "test-inbox", *(queue.page for queue in QUEUES), *(name for name, _, _ in (*WATCH, *RECORD))]
    return {name: reverse(f"desk:{name}") for name in names}


def _item(here: str, name: str, label: "StrOrPromise", icon: str, **count: Any) -> dict[str, Any]:
    return {"label": str(label), "url": _addresses()[name], "icon": icon, "active": here == name, **count}

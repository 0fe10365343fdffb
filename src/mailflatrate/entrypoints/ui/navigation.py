"""The studio's navigation: its entries, their tabs, and the entry and tab that a page belongs to."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from time import monotonic
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.apps.delivery.relays.overview import mail_leaves_machine
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.ui.pages import owner_of, page_at, pages

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of an entry, by its name. It owns the pages whose address begins with its own (`pages.owner_of`)."""

    name: str
    label: "StrOrPromise"


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One entry of the sidebar. If it has several tabs, each tab's page shows them all."""

    label: "StrOrPromise"
    icon: str
    tabs: tuple[Tab, ...]


def _alone(name: str, label: "StrOrPromise", icon: str) -> NavEntry:
    return NavEntry(label, icon, (Tab(name, label),))


CONTACTS = NavEntry(
    _("Contacts"),
    "users",
    (
        Tab("contacts", _("Contacts")),
        Tab("lists", _("Lists")),
        Tab("segments", _("Segments")),
        Tab("fields", _("Fields")),
        Tab("tags", _("Tags")),
        Tab("event-types", _("Events")),
        Tab("imports", _("Imports")),
        Tab("exports", _("Exports")),
        Tab("suppressions", _("Suppressions")),
        Tab("inactive", pgettext_lazy("contacts", "Inactive")),
    ),
)
CONTENT = NavEntry(
    _("Content"),
    "layout-template",
    (
        Tab("templates", _("Templates")),
        Tab("transactional-templates", _("Transactional templates")),
        Tab("media", _("Media")),
        Tab("coupons", _("Coupons")),
        Tab("test-lists", _("Test lists")),
        Tab("brand", _("Brand")),
    ),
)
SETTINGS = NavEntry(
    _("Settings"),
    "settings",
    (
        Tab("team", _("Team")),
        Tab("security", _("Security")),
        Tab("keys", _("API keys")),
        Tab("webhooks", _("Webhooks")),
        Tab("activity", _("Activity")),
        Tab("imprint", _("Imprint")),
        Tab("senders", _("Senders")),
        Tab("compliance", _("Compliance")),
        Tab("requests", _("Data requests")),
        Tab("account-status", _("Account status")),
        Tab("settings", _("General")),
    ),
)
MAIN = (
    _alone("home", _("Home"), "house"),
    _alone("campaigns", _("Campaigns"), "send"),
    _alone("automations", _("Automations"), "workflow"),
    CONTACTS,
    _alone("forms", _("Forms"), "square-pen"),
    CONTENT,
    NavEntry(
        pgettext_lazy("navigation", "Reports"),
        "chart-column",
        (
            Tab("reports", pgettext_lazy("navigation", "Reports")),
            Tab("transactional", _("Transactional")),
        ),
    ),
)
TEST_INBOX = _alone("test-inbox", _("Test inbox"), "inbox")
FOOT = (SETTINGS, _alone("help", _("Help"), "circle-help"))
SEARCH = _alone("search", _("Search"), "search")
"""The search has a button of its own at the top of the sidebar."""
RELAYS_KNOWN_SECONDS = 10
"""How long the sidebar may show the test inbox after the operator has added the first relay, or hide it."""


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str
    active: bool
    count: int = 0
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Entries that belong together; `foot` puts them at the bottom of the sidebar."""

    items: list[NavItem]
    label: str = ""
    foot: bool = False


@dataclass(frozen=True, slots=True)
class TabItem:
    label: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class NavSection:
    """The entry of the current page, for its header. `crumb` is empty if it would repeat the title."""

    label: str
    url: str
    crumb: str
    tabs: list[TabItem]


def _owner(request: HttpRequest) -> tuple[NavEntry, Tab] | None:
    name = owner_of(request.resolver_match, _addresses())
    return next(((entry, tab) for entry in _all() for tab in entry.tabs if tab.name == name), None)


def _all() -> tuple[NavEntry, ...]:
    return (*MAIN, TEST_INBOX, *FOOT, SEARCH)


@cache
def _addresses() -> dict[str, str]:
    return {tab.name: reverse(f"studio:{tab.name}") for entry in _all() for tab in entry.tabs}


def _has_test_inbox() -> bool:
    """Return whether messages end in the test inbox. The account may not read relays, which are the operator's."""
    return settings.SETTINGS.relay_host is None and _lacked_relays(int(monotonic() // RELAYS_KNOWN_SECONDS))


@lru_cache(maxsize=1)
def _lacked_relays(_period: int) -> bool:
    """Return whether there were no relays when a page first asked in this period: each page has the sidebar."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return not mail_leaves_machine(settings.SETTINGS)


def studio_entries() -> tuple[NavEntry, ...]:
    return (*MAIN, TEST_INBOX, *FOOT) if _has_test_inbox() else (*MAIN, *FOOT)


def _seen(entries: Iterable[NavEntry], may_see: Callable[[str], bool]) -> Iterator[NavEntry]:
    for entry in entries:
        tabs = tuple(tab for tab in entry.tabs if may_see(tab.name))
        if tabs:
            yield entry if len(tabs) == len(entry.tabs) else replace(entry, tabs=tabs)


def _may_see(request: HttpRequest) -> Callable[[str], bool]:
    """Return which pages the sidebar shows: to a member who is limited to some lists, only those made for them."""
    membership = getattr(request, "membership", None)
    if membership is None or not membership.is_limited:
        return lambda _name: True
    return lambda name: pages()[f"studio:{name}"].limited


def studio_navigation(request: HttpRequest, has_test_inbox: Callable[[], bool] = _has_test_inbox) -> list[NavGroup]:
    owner = _owner(request)
    current_label = owner[0].label if owner else None

    def items(entries: tuple[NavEntry, ...]) -> list[NavItem]:
        return [
            NavItem(str(one.label), _addresses()[one.tabs[0].name], one.icon, one.label is current_label)
            for one in _seen(entries, _may_see(request))
        ]

    foot = (TEST_INBOX, *FOOT) if has_test_inbox() else FOOT
    return [NavGroup(items(MAIN)), NavGroup(items(foot), foot=True)]


def studio_section(request: HttpRequest) -> NavSection | None:
    """None if the page is the only one of its entry. A page below a tab has a crumb, which leads back."""
    here, owner = page_at(request.resolver_match), _owner(request)
    if here is None or owner is None or len(owner[0].tabs) == 1:
        return None
    entry, tab = owner
    shows_tabs = here.has_tabs or here.name == tab.name
    seen = [one for one in entry.tabs if _may_see(request)(one.name)]
    tabs = [TabItem(str(one.label), _addresses()[one.name], one is tab) for one in seen or [tab]]
    return NavSection(
        label=str(entry.label),
        url=tabs[0].url,
        crumb=str(entry.label) if tab.label != entry.label else "",
        tabs=tabs if shows_tabs else [],
    )

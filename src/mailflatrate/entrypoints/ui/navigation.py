"""The studio's navigation: the entries and tabs that a member sees, and those that a page belongs to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from time import monotonic

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from mailflatrate.apps.delivery.relays.overview import mail_leaves_machine
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.ui.menu import FOOT, MAIN, SEARCH, TEST_INBOX, NavEntry
from mailflatrate.entrypoints.ui.pages import owner_of, page_at, pages, tabs_of

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


def _owner(request: HttpRequest) -> str:
    return owner_of(request.resolver_match, addresses())


@cache
def addresses() -> dict[str, str]:
    """Return where the page of each tab is, by its name."""
    entries = (*MAIN, TEST_INBOX, *FOOT, SEARCH)
    return {name: reverse(f"studio:{name}") for entry in entries for name in tabs_of(entry)}


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


def _may_see(request: HttpRequest) -> Callable[[str], bool]:
    """Return which pages the sidebar shows: to a member who is limited to some lists, only those made for them."""
    membership = getattr(request, "membership", None)
    if membership is None or not membership.is_limited:
        return lambda _name: True
    return lambda name: pages()[f"studio:{name}"].limited


def studio_navigation(request: HttpRequest, has_test_inbox: Callable[[], bool] = _has_test_inbox) -> list[NavGroup]:
    owner, may_see = _owner(request), _may_see(request)

    def items(entries: tuple[NavEntry, ...]) -> list[NavItem]:
        seen = [(entry, [name for name in tabs_of(entry) if may_see(name)]) for entry in entries]
        return [
            NavItem(str(entry.label), addresses()[names[0]], entry.icon, owner in tabs_of(entry))
            for entry, names in seen
            if names
        ]

    foot = (TEST_INBOX, *FOOT) if has_test_inbox() else FOOT
    return [NavGroup(items(MAIN)), NavGroup(items(foot), foot=True)]


def studio_section(request: HttpRequest) -> NavSection | None:
    """None if the page is the only one of its entry. A page below a tab has a crumb, which leads back."""
    here, owner = page_at(request.resolver_match), _owner(request)
    page = pages().get(f"studio:{owner}")
    if here is None or page is None or page.tab is None or len(tabs_of(page.tab.entry)) == 1:
        return None
    entry = page.tab.entry
    seen = [name for name in tabs_of(entry) if _may_see(request)(name)] or [owner]
    tabs = [TabItem(str(tabs_of(entry)[name].title), addresses()[name], name == owner) for name in seen]
    return NavSection(
        label=str(entry.label),
        url=tabs[0].url,
        crumb=str(entry.label) if page.tab.title != entry.label else "",
        tabs=tabs if here.has_tabs or here.name == owner else [],
    )

"""Pages are declared at their views: address, name, rights, log entry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from inspect import isfunction
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailflatrate.entrypoints.ui.menu import NavEntry, Tab
from mailflatrate.rules.roles import Permission

View = Callable[..., HttpResponseBase]
NOTHING = ""
"""What a page logs whose POST changes nothing that others see."""


@dataclass(frozen=True, slots=True)
class WebPage:
    """`address` is the methods and the route: "GET|POST tags/new/"; GET includes HEAD. `tab` is its own part in the
    menu; without one, `nav` names the page whose tab it belongs to, or the address tells. `has_tabs`: a POST is
    answered with the page of a tab. For the studio: the permissions to change something and to open the page, whether
    members who are limited to some lists may open it (ADR 0048), and the activity that a successful POST logs if its
    action logged none.
    """

    address: str
    name: str
    tab: Tab | None = None
    nav: str = ""
    has_tabs: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    write: Permission = Permission.VIEW
    read: Permission = Permission.VIEW
    limited: bool = False
    logs: str = NOTHING

    @property
    def methods(self) -> list[str]:
        return self.address.partition(" ")[0].replace("GET", "GET|HEAD").split("|")

    @property
    def route(self) -> str:
        return self.address.partition(" ")[2]


def declare(page: WebPage, view: View) -> View:
    """Return the view with the page that it shows; one view may be declared several times."""
    others = getattr(view, "pages", ())
    if any(other.methods != page.methods for other in others):
        raise TypeError(f"{page.name}: the pages of one view take the same methods")
    declared = require_http_methods(page.methods)(view)
    declared.__dict__["pages"] = (page, *others)
    return declared


def page(address: str, name: str, **options: Any) -> Callable[[View], View]:
    return lambda view: declare(WebPage(address, name, **options), view)


def public(address: str, name: str, **options: Any) -> Callable[[View], View]:
    """Declare a page for recipients. They aren't signed in: the token in the address is what proves a request."""
    return lambda view: csrf_exempt(declare(WebPage(address, name, **options), view))


def patterns(package: ModuleType, *extended: ModuleType) -> list[URLPattern]:
    """Return the addresses of all pages declared in a package, in the order of its modules' names, and in others."""
    modules = [import_module(module.name) for module in walk_packages(package.__path__, f"{package.__name__}.")]
    return [
        path(page.route, view, page.values, name=page.name)
        for module in (*modules, *extended)
        for view in vars(module).values()
        if isfunction(view) and view.__module__ == module.__name__
        for page in getattr(view, "pages", ())
    ]


@cache
def pages() -> dict[str, WebPage]:
    """Return all declared pages by the name that `reverse` takes, such as "studio:tags"."""
    return dict(_declared(get_resolver(), ""))


def _declared(resolver: URLResolver, namespace: str) -> Iterator[tuple[str, WebPage]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _declared(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif page := _page_of(entry.callback, entry.name):
            yield f"{namespace}{page.name}", page


@cache
def tabs_of(entry: NavEntry) -> dict[str, Tab]:
    """Return the tabs of an entry in order, by the names of their pages without the namespace."""
    tabs = [(name.partition(":")[2], page.tab) for name, page in pages().items() if page.tab]
    own = [(name, tab) for name, tab in tabs if tab.entry is entry]
    return dict(sorted(own, key=lambda named: named[1].place))


def page_at(match: ResolverMatch | None) -> WebPage | None:
    return _page_of(match.func, match.url_name) if match else None


def _page_of(view: View, name: str | None) -> WebPage | None:
    return next((page for page in getattr(view, "pages", ()) if page.name == name), None)


def owner_of(match: ResolverMatch | None, entries: Mapping[str, str]) -> str:
    """Return one of `entries` (page names with their addresses): the declared one, otherwise that with the longest
    address that the page's own begins with. An area's first page owns only itself.
    """
    page = page_at(match)
    if page is None or match is None:
        return ""
    route = f"/{match.route}"
    owners = [
        name
        for name, address in entries.items()
        if route == address or (route.startswith(address) and address.strip("/").count("/"))
    ]
    return page.nav or max(owners, key=lambda name: len(entries[name]), default="")

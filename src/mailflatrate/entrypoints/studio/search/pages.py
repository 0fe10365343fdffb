"""The studio's pages as search results, found by their title or by other words for their content."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import Membership
from mailflatrate.entrypoints.studio.page_rights import may_open
from mailflatrate.entrypoints.studio.search.results import GROUP_HITS, HitGroup, SearchHit, marked
from mailflatrate.entrypoints.ui.navigation import studio_entries
from mailflatrate.entrypoints.ui.pages import tabs_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class FurtherPage:
    """A page that is not in the navigation. `writes`: the page exists to change something."""

    name: str
    label: "StrOrPromise"
    icon: str
    keywords: "StrOrPromise" = ""
    writes: bool = False
    fragment: str = ""


FURTHER = (
    FurtherPage("studio:campaign-new", gettext_lazy("Create campaign"), "plus", gettext_lazy("new newsletter"), True),
    FurtherPage(
        "studio:automation_new",
        gettext_lazy("Create automation"),
        "plus",
        gettext_lazy("new series, new workflow"),
        True,
    ),
    FurtherPage("studio:contact-new", gettext_lazy("Add contact"), "user-plus", gettext_lazy("new person"), True),
    FurtherPage(
        "studio:import-new",
        gettext_lazy("Import contacts"),
        "upload",
        gettext_lazy("import, CSV, Excel, ZIP, Mailchimp, Brevo"),
        True,
    ),
    FurtherPage("studio:list-new", gettext_lazy("Create list"), "list-plus", gettext_lazy("new list"), True),
    FurtherPage("studio:segment-new", gettext_lazy("Create segment"), "plus", gettext_lazy("new segment"), True),
    FurtherPage("studio:form-new", gettext_lazy("Create form"), "plus", gettext_lazy("new form"), True),
    FurtherPage(
        "studio:campaign-calendar",
        gettext_lazy("Calendar"),
        "calendar",
        gettext_lazy("schedule, planned campaigns, month, week, move"),
    ),
    FurtherPage("studio:digests", gettext_lazy("RSS campaigns"), "newspaper", gettext_lazy("feed, blog, Atom")),
    FurtherPage(
        "studio:report-trends",
        gettext_lazy("Trends"),
        "chart-column",
        gettext_lazy("reports, growth, best time to send, age of consents, mailbox providers"),
    ),
    FurtherPage(
        "studio:digest-new",
        gettext_lazy("Repeat a campaign from a template"),
        "refresh-cw",
        gettext_lazy("recurring, weekly, daily, schedule, series"),
        True,
    ),
    FurtherPage("account_change_password", gettext_lazy("Change password"), "lock"),
    FurtherPage(
        "mfa_index", gettext_lazy("Two-factor authentication"), "fingerprint", gettext_lazy("2FA, passkey, TOTP")
    ),
    FurtherPage(
        "usersessions_list", gettext_lazy("Signed-in devices"), "monitor-smartphone", gettext_lazy("sessions, sign out")
    ),
    FurtherPage("api-v1:docs", gettext_lazy("API reference"), "code", gettext_lazy("REST, OpenAPI, developers")),
    FurtherPage(
        "studio:help",
        gettext_lazy("How double opt-in works"),
        "mail-check",
        gettext_lazy("help, consent, confirmation"),
    ),
    FurtherPage(
        "studio:account-status",
        gettext_lazy("Write to our team"),
        "message-square",
        gettext_lazy("help, support, contact, question"),
        fragment="#messages",
    ),
)


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """With the words by which it is found, in the reader's language; `section` is its entry in the navigation."""

    url: str
    label: str
    section: str
    keywords: str
    icon: str


def find_pages(query: str, member: Membership) -> HitGroup:
    """Return pages that `member` may use and that match all words of `wanted`; titles that begin with it come first."""
    words = query.casefold().split()
    pages = [page for page in _pages(member) if _has_all(page, words)]
    pages.sort(key=lambda page: _rank(page, query.casefold(), words))
    return HitGroup("pages", _("Pages"), "panel-left", [_hit(page, query) for page in pages[:GROUP_HITS]])


def _pages(member: Membership) -> Iterator[IndexedPage]:
    for entry in studio_entries():
        tabs = tabs_of(entry)
        section = "" if len(tabs) == 1 else str(entry.label)
        for name, tab in tabs.items():
            if may_open(member, name, writes=False):
                url, keywords = reverse(f"studio:{name}"), str(tab.keywords)
                yield IndexedPage(url, str(tab.title), section, keywords, entry.icon)
    for page in FURTHER:
        namespace, _colon, name = page.name.rpartition(":")
        if namespace != "studio" or may_open(member, name, writes=page.writes):
            url = reverse(page.name) + page.fragment
            yield IndexedPage(url, str(page.label), "", str(page.keywords), page.icon)


def _has_all(page: IndexedPage, words: list[str]) -> bool:
    text = f"{page.label} {page.section} {page.keywords}".casefold()
    return all(word in text for word in words)


def _rank(page: IndexedPage, query: str, words: list[str]) -> int:
    label = page.label.casefold()
    if label.startswith(query):
        return 0
    return 1 if all(word in label for word in words) else 2


def _hit(page: IndexedPage, query: str) -> SearchHit:
    words = query.casefold().split()
    own = f"{page.label} {page.section}".casefold()
    text = page.section
    if not all(word in own for word in words):
        keywords = [word for word in page.keywords.split(", ") if any(part in word.casefold() for part in words)]
        text = " · ".join(part for part in (page.section, ", ".join(keywords)) if part)
    if text == page.label:
        text = ""
    return SearchHit(page.url, marked(page.label, query, words=True), marked(text, query, words=True), icon=page.icon)

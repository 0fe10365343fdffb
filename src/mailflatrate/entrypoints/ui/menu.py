"""The entries of the menus. Which pages they have, and in which order, the pages say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True, eq=False)
class NavEntry:
    """One entry of the studio's sidebar, or one group of the desk's. If an entry has several tabs, each tab's page
    shows them all.
    """

    label: "StrOrPromise"
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A page's part in the menu: it owns the pages whose address begins with its own (`pages.owner_of`). Without a
    `label` it has that of its entry. `keywords` are other words by which the search finds it, separated by commas.
    """

    entry: NavEntry
    label: "StrOrPromise" = ""
    keywords: "StrOrPromise" = ""
    icon: str = ""
    place: int = 0

    @property
    def title(self) -> "StrOrPromise":
        return self.label or self.entry.label


HOME = NavEntry(_("Home"), "house")
CAMPAIGNS = NavEntry(_("Campaigns"), "send")
AUTOMATIONS = NavEntry(_("Automations"), "workflow")
CONTACTS = NavEntry(_("Contacts"), "users")
FORMS = NavEntry(_("Forms"), "square-pen")
CONTENT = NavEntry(_("Content"), "layout-template")
REPORTS = NavEntry(pgettext_lazy("navigation", "Reports"), "chart-column")
TEST_INBOX = NavEntry(_("Test inbox"), "inbox")
SETTINGS = NavEntry(_("Settings"), "settings")
HELP = NavEntry(_("Help"), "circle-help")
SEARCH = NavEntry(_("Search"), "search")
"""The search has a button of its own at the top of the sidebar."""

MAIN = (HOME, CAMPAIGNS, AUTOMATIONS, CONTACTS, FORMS, CONTENT, REPORTS)
FOOT = (SETTINGS, HELP)

MONITORING = NavEntry(_("Monitoring"))
RECORDS = NavEntry(_("Records"))

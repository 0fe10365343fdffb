"""One finder for each kind of object in an account. Each reads a few rows at most."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mailflatrate.apps.automations import queries as automations
from mailflatrate.apps.campaigns import queries as campaigns
from mailflatrate.apps.forms import queries as forms
from mailflatrate.apps.lists import queries as lists
from mailflatrate.apps.segments import queries as segments_queries
from mailflatrate.entrypoints.studio.search.results import GROUP_HITS, HitGroup, SearchHit, marked

READ_ROWS = GROUP_HITS + 1
"""One row more than is shown tells whether there are others."""


def _group(key: str, label: str, icon: str, hits: list[SearchHit], more_url: str = "") -> HitGroup:
    return HitGroup(key, label, icon, hits[:GROUP_HITS], more_url if len(hits) > GROUP_HITS else "")


def _all_of(page: str, query: str) -> str:
    return f"{reverse(f'studio:{page}')}?{urlencode({'q': query})}"


def _plain(text: str) -> SafeString:
    return marked(text, "")


def find_campaigns(query: str) -> HitGroup:
    hits = [
        SearchHit(
            reverse("studio:campaign", args=[campaign.id]),
            marked(campaign.name, query),
            marked(campaign.mailing_id, query),
            badge=str(campaign.get_state_display()),
        )
        for campaign in campaigns.campaigns(search=query)[:READ_ROWS]
    ]
    return _group("campaigns", _("Campaigns"), "send", hits, _all_of("campaigns", query))


def find_automations(query: str) -> HitGroup:
    hits = [
        SearchHit(
            reverse("studio:automation", args=[automation.id]),
            marked(automation.name, query),
            marked(automation.mailing_list.name, ""),
            badge=str(automation.get_state_display()),
        )
        for automation in automations.automations(search=query)[:READ_ROWS]
    ]
    return _group("automations", _("Automations"), "workflow", hits, reverse("studio:automations"))


def find_contacts(query: str) -> HitGroup:
    """Return contacts by their address or name. Every role of an account may see its contacts."""
    hits = [
        SearchHit(
            reverse("studio:contact", args=[contact.id]), marked(contact.email, query), marked(contact.full_name, query)
        )
        for contact in lists.contacts_found(query, limit=READ_ROWS)
    ]
    return _group("contacts", _("Contacts"), "user-round", hits, _all_of("contacts", query))


def find_lists(query: str) -> HitGroup:
    hits = [
        SearchHit(
            reverse("studio:list", args=[mailing_list.id]),
            marked(mailing_list.name, query),
            marked(mailing_list.public_name if mailing_list.public_name != mailing_list.name else "", query),
            badge=_("Archived") if mailing_list.archived_at else "",
        )
        for mailing_list in lists.lists_named(query)[:READ_ROWS]
    ]
    return _group("lists", _("Lists"), "list", hits, reverse("studio:lists"))


def find_segments(query: str) -> HitGroup:
    hits = [
        SearchHit(reverse("studio:segment", args=[segment.id]), marked(segment.name, query), _plain(""))
        for segment in segments_queries.segments_named(query)[:READ_ROWS]
    ]
    return _group("segments", _("Segments"), "list-filter", hits, reverse("studio:segments"))


def find_forms(query: str) -> HitGroup:
    hits = [
        SearchHit(
            reverse("studio:form", args=[form.id]),
            marked(form.name, query),
            _plain(""),
            badge=str(form.get_state_display()),
        )
        for form in forms.forms_named(query)[:READ_ROWS]
    ]
    return _group("forms", _("Forms"), "square-pen", hits, reverse("studio:forms"))


def find_templates(query: str) -> HitGroup:
    hits = [
        SearchHit(
            reverse("studio:template", args=[template.id]),
            marked(template.name, query),
            marked(template.subject, query),
        )
        for template in campaigns.templates(search=query)[:READ_ROWS]
    ]
    return _group("templates", _("Templates"), "layout-template", hits, reverse("studio:templates"))


FINDERS: tuple[Callable[[str], HitGroup], ...] = (
    find_campaigns,
    find_automations,
    find_contacts,
    find_lists,
    find_segments,
    find_forms,
    find_templates,
)
ACCOUNT_FINDERS = frozenset({find_automations})
"""Those whose pages a member who is limited to some lists can't open (ADR 0048)."""

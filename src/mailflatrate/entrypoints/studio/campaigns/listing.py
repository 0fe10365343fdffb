"""The list of campaigns, and creating, copying and deleting them."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Count
from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import drafts, labels, templates
from mailflatrate.apps.campaigns.content.starting_content import starter
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.gallery import KEYS
from mailflatrate.apps.campaigns.models import STATE_LABELS, Campaign, CampaignState, ContentKind
from mailflatrate.apps.domains.queries import senders
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.campaigns.rows import CampaignRow, campaign_rows
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.studio.content.cards import gallery_families, own_cards, wanted_language
from mailflatrate.entrypoints.ui.menu import CAMPAIGNS, Tab
from mailflatrate.entrypoints.ui.posts import perform, refuse, see_other, succeed
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.html.markdown_themes import DEFAULT_THEME
from mailflatrate.rules.roles import Permission

PAGE_ROWS = 25


def _chips() -> list[dict[str, Any]]:
    counts = dict(queries.campaigns().order_by().values_list("state").annotate(number=Count("id")))
    chips = [{"value": "", "label": _("All"), "count": sum(counts.values())}]
    return chips + [
        {"value": state.value, "label": str(STATE_LABELS[state]), "count": counts[state.value]}
        for state in CampaignState
        if counts.get(state.value)
    ]


def _rows(request: StudioRequest, state: str, search: str, label: str) -> tuple[list[CampaignRow], int]:
    """Return one page, and the ID after which the next begins (0: this was the last)."""
    selection = queries.campaigns(state=state, search=search, label=label).order_by("-id")
    before = whole_number(request.GET.get("before"))
    if before:
        selection = selection.filter(id__lt=before)
    rows = list(selection[: PAGE_ROWS + 1])
    return campaign_rows(rows[:PAGE_ROWS]), rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else 0


@studio(
    "GET campaigns/",
    "campaigns",
    Permission.DRAFT,
    limited=True,
    tab=Tab(CAMPAIGNS, keywords=gettext_lazy("newsletter, email, send, drafts")),
)
def campaigns(request: StudioRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in tuple(CampaignState) else ""
    search = request.GET.get("q", "").strip().replace("\0", "")[:100]
    label_numbers = labels.label_counts()
    label = request.GET.get("label", "")
    label = label if label in label_numbers else ""
    rows, next_id = _rows(request, state, search, label)
    context = {
        "rows": rows,
        "next_id": next_id,
        "state": state,
        "search": search,
        "label": label,
        "labels": label_numbers,
        "narrowed": urlencode({"state": state, "q": search, "label": label}),
        "chips": _chips(),
        "is_first_page": not request.GET.get("before"),
    }
    template = "studio/campaigns/rows.html" if is_htmx(request) else "studio/campaigns/list.html"
    return page(request, template, context)


class NewCampaignForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Only you and your colleagues see the name. You'll write the subject line next."),
    )


@studio("GET|POST campaigns/new/", "campaign-new", Permission.DRAFT, limited=True, logs="campaign.created")
def new(request: StudioRequest) -> HttpResponse:
    form = NewCampaignForm(request.POST or None)
    language = wanted_language(request)
    asked = request.POST if request.method == "POST" else request.GET
    begin = asked.get("begin", "blocks")
    if request.method == "POST" and form.is_valid():
        draft = _begin(request, begin, form.cleaned_data["name"], request.POST.get("language", language))
        return see_other(reverse("studio:campaign-edit", args=[draft.id]))
    families = gallery_families(language)
    context = {
        "form": form,
        "begin": begin,
        "own": own_cards(),
        "families": families,
        "total": sum(len(family["cards"]) for family in families),
        "language": language,
    }
    return page(request, "studio/campaigns/new.html", context)


def _begin(request: StudioRequest, begin: str, name: str, language: str) -> Campaign:
    """Anything unknown means a blank one. The only sender and list are selected: there is nothing to choose."""
    language = known_language(language)
    possible, lists = list(senders()[:2]), list(MailingList.objects.filter(archived_at=None)[:2])
    values = {
        "sender_id": possible[0].id if len(possible) == 1 else None,
        "list_ids": [lists[0].id] if len(lists) == 1 else [],
        "language": language,
        "time_zone": request.account.time_zone,
    }
    kind, _colon, which = begin.partition(":")
    if kind == "gallery" and which in KEYS:
        return templates.start_from_gallery(which, language, name=name, by=request.user, values=values)
    if kind == "own" and queries.templates().filter(id=whole_number(which)).exists():
        return templates.start_from_template(whole_number(which), name=name, by=request.user, values=values)
    chosen = ContentKind.BLOCKS if begin == "blocks" else ContentKind.MARKDOWN
    written: dict[str, Any] = {"content_kind": chosen, "content": starter(chosen, language, queries.brand_style())}
    if chosen == ContentKind.MARKDOWN:
        written["theme"] = DEFAULT_THEME
    return drafts.create_campaign(name, by=request.user, values={**values, **written})


@studio(
    "POST campaigns/<int:campaign_id>/copy/", "campaign-copy", Permission.DRAFT, limited=True, logs="campaign.created"
)
def copy(request: StudioRequest, campaign_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    try:
        draft = drafts.copy_campaign(campaign_id, by=request.user)
    except CampaignInputError as problem:
        return refuse(request, f"{capfirst(str(problem))}.", reverse("studio:campaigns"))
    message = _("This is your copy. It has its own mailing ID and hasn't been released.")
    return succeed(request, message, reverse("studio:campaign-edit", args=[draft.id]))


@studio("POST campaigns/labels/", "campaign-labels", Permission.DRAFT, limited=True, logs="campaign.labeled")
def label_campaigns(request: StudioRequest) -> HttpResponse:
    chosen = [number for text in request.POST.getlist("campaign")[:PAGE_ROWS] if (number := whole_number(text))]
    label = request.POST.get("label") or request.POST.get("new_label", "")
    back = reverse("studio:campaigns")
    if not chosen:
        return refuse(request, _("Select at least one campaign."), back)
    if request.POST.get("do") == "remove":
        number = labels.remove_label(chosen, label)
        message = ngettext("Label removed from %(n)d campaign.", "Label removed from %(n)d campaigns.", number)
        return succeed(request, message % {"n": number}, back)
    try:
        number = labels.add_label(chosen, label)
    except CampaignInputError as problem:
        return refuse(request, str(problem), back)
    message = ngettext("Label added to %(n)d campaign.", "Label added to %(n)d campaigns.", number)
    return succeed(request, message % {"n": number}, back)


@studio(
    "POST campaigns/<int:campaign_id>/delete/",
    "campaign-delete",
    Permission.DRAFT,
    limited=True,
    logs="campaign.deleted",
)
def delete(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    return perform(
        request,
        partial(drafts.delete_draft, campaign_id),
        _("“%(name)s” has been deleted.") % {"name": campaign.name},
        reverse("studio:campaigns"),
        refused=CampaignError,
        because=_("Only drafts can be deleted. Sent campaigns stay on record."),
    )

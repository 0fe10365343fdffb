"""Templates: the gallery, the account's own, viewing one, and starting a campaign from it."""

from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import drafts, templates
from mailflatrate.apps.campaigns.content.template_preview import gallery_message, own_message
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError, LockedPart, NameTaken
from mailflatrate.apps.campaigns.gallery import KEYS, GalleryTemplate, gallery, gallery_template
from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.entrypoints.presenters.lookups import find_campaign, find_template
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.content.cards import (
    Card,
    gallery_card,
    gallery_families,
    own_cards,
    wanted_language,
)
from mailflatrate.entrypoints.studio.content.message_frame import framed
from mailflatrate.entrypoints.ui.menu import CONTENT, Tab
from mailflatrate.entrypoints.ui.posts import perform, refuse, succeed
from mailflatrate.mail.liquid import MissingValue, RenderRefused, SourceRefused
from mailflatrate.rules.roles import Permission


@studio(
    "GET templates/",
    "templates",
    Permission.DRAFT,
    tab=Tab(CONTENT, gettext_lazy("Templates"), gettext_lazy("layouts, designs"), place=10),
)
def index(request: StudioRequest) -> HttpResponse:
    language = wanted_language(request)
    families = gallery_families(language)
    context = {
        "own": own_cards(),
        "families": families,
        "total": sum(len(family["cards"]) for family in families),
        "language": language,
    }
    return page(request, "studio/content/templates.html", context)


def _asked(request: StudioRequest) -> GalleryTemplate:
    key = request.GET.get("key", "")
    if key not in KEYS:
        raise Http404
    return gallery_template(key, wanted_language(request))


def _template_context(request: StudioRequest, card: Card) -> dict[str, object]:
    dark, off = request.GET.get("dark") == "1", request.GET.get("images") == "off"
    phone = request.GET.get("width") == "phone"
    kept = {name: request.GET[name] for name in ("key", "language") if name in request.GET}
    now = kept | ({"dark": "1"} if dark else {}) | ({"images": "off"} if off else {})
    now |= {"width": "phone"} if phone else {}
    separator = "&" if "?" in card.shot_url else "?"

    def switched(name: str, value: str) -> str:
        return urlencode({key: word for key, word in (now | {name: value}).items() if word})

    return {
        "card": card,
        "message_url": f"{card.shot_url}{separator}{urlencode({k: v for k, v in now.items() if k not in kept})}",
        "phone": phone,
        "dark": dark,
        "images_off": off,
        "to_desktop": switched("width", ""),
        "to_phone": switched("width", "phone"),
        "to_dark": switched("dark", "" if dark else "1"),
        "to_images": switched("images", "" if off else "off"),
    }


@studio("GET templates/ours/", "template-gallery", Permission.DRAFT, limited=True)
def gallery_page(request: StudioRequest) -> HttpResponse:
    template = _asked(request)
    others = gallery(template.language)
    here = [other.key for other in others].index(template.key)
    context = _template_context(request, gallery_card(template)) | {
        "template": template,
        "previous": gallery_card(others[here - 1]),
        "next": gallery_card(others[(here + 1) % len(others)]),
    }
    return page(request, "studio/content/template_gallery.html", context)


@xframe_options_sameorigin
@studio("GET templates/ours/message/", "template-gallery-message", Permission.DRAFT, limited=True)
def gallery_frame(request: StudioRequest) -> HttpResponse:
    return framed(request, gallery_message(_asked(request), queries.brand_style(), request.account))


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Only you and your colleagues see this.")
    )


@studio("GET|POST templates/<int:template_id>/", "template", Permission.DRAFT, logs="template.saved")
def own_page(request: StudioRequest, template_id: int) -> HttpResponse:
    template = find_template(template_id)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": template.name})
    if request.method == "POST" and form.is_valid():
        try:
            templates.rename_template(template_id, form.cleaned_data["name"])
        except NameTaken:
            form.add_error("name", _("Another template already has this name."))
        else:
            return succeed(request, _("Saved."), reverse("studio:template", args=[template_id]))
    card = next(card for card in own_cards() if card.begin == f"own:{template_id}")
    context = _template_context(request, card) | {"template": template, "form": form}
    return page(request, "studio/content/template_own.html", context)


@xframe_options_sameorigin
@studio("GET templates/<int:template_id>/message/", "template-message", Permission.DRAFT)
def own_frame(request: StudioRequest, template_id: int) -> HttpResponse:
    try:
        html = own_message(find_template(template_id), queries.brand_style(), request.account)
    except (SourceRefused, MissingValue, RenderRefused) as problem:
        return page(request, "studio/content/broken_message.html", {"problem": problem})
    return framed(request, html)


@studio("POST templates/<int:template_id>/delete/", "template-delete", Permission.DRAFT, logs="template.deleted")
def delete(request: StudioRequest, template_id: int) -> HttpResponse:
    template = find_template(template_id)
    return perform(
        request,
        lambda: templates.delete_template(template_id, by=request.user),
        _("“%(name)s” has been deleted.") % {"name": template.name},
        reverse("studio:templates"),
        refused=LockedPart,
        back=reverse("studio:template", args=[template_id]),
    )


@studio("POST templates/<int:template_id>/lock/", "template-lock", Permission.SETUP, logs="template.locked")
def lock(request: StudioRequest, template_id: int) -> HttpResponse:
    find_template(template_id)
    is_locked = request.POST.get("is_locked") == "1"
    return perform(
        request,
        lambda: templates.lock_template(template_id, is_locked=is_locked, by=request.user),
        _("The design is locked. Campaigns that begin with it can change the marked parts.")
        if is_locked
        else _("The design is unlocked."),
        reverse("studio:template", args=[template_id]),
        refused=CampaignInputError,
    )


@studio("POST campaigns/<int:campaign_id>/unlock/", "campaign-unlock", Permission.SETUP, logs="campaign.unlocked")
def unlock(request: StudioRequest, campaign_id: int) -> HttpResponse:
    find_campaign(campaign_id)
    return perform(
        request,
        lambda: drafts.unlock_campaign(campaign_id, by=request.user),
        _("The design of this campaign is unlocked."),
        reverse("studio:campaign-edit", args=[campaign_id]),
        refused=CampaignError,
    )


@studio(
    "POST campaigns/<int:campaign_id>/save-as-template/", "campaign-template", Permission.DRAFT, logs="template.saved"
)
def save(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    is_draft = campaign.state == CampaignState.DRAFT
    back = reverse("studio:campaign-edit" if is_draft else "studio:campaign", args=[campaign_id])
    form = NameForm(request.POST)
    if not form.is_valid():
        return refuse(request, _("Enter a name for the template."), back)
    return perform(
        request,
        lambda: templates.save_as_template(campaign.id, form.cleaned_data["name"], by=request.user),
        _("Template saved. You'll find it under Templates and whenever you create a campaign."),
        back,
        refused=NameTaken,
        because=_("Another template already has this name. Choose a different one."),
    )

"""How a campaign looks to one reader: rendered as the engine will do it, in a frame without any rights."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext

from mailflatrate.apps.campaigns.content.child_compiler import CompiledCampaign
from mailflatrate.apps.campaigns.content.missing_values import MissingFields, missing_fields
from mailflatrate.apps.campaigns.content.samples import Neighbors, among, neighbours
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.variants import as_variant, variant_count
from mailflatrate.apps.lists.queries import contact_by_address
from mailflatrate.entrypoints.presenters.language import text_name
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.presenters.preview import (
    PreviewedMessage,
    compiled_or_problem,
    refused_preview,
    rendered_preview,
)
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.studio.content.message_frame import in_scheme, shown_here, without_images
from mailflatrate.entrypoints.ui.content_policy import ANY_HOST, allow
from mailflatrate.mail.liquid import SourceError, SourceRefused
from mailflatrate.rules.roles import Permission


@dataclass(frozen=True, slots=True)
class PreviewState:
    """The view settings; they are in the query string, so that a reload shows the same."""

    contact_id: int = 0
    part: str = "html"
    width: str = "desktop"
    bare: bool = False
    dark: bool = False
    images: bool = True
    missing: bool = False
    variant: int = 0
    email: str = ""
    """The address that was looked up, to be shown again; the query string has the contact's ID instead."""

    @classmethod
    def of(cls, request: StudioRequest) -> "PreviewState":
        """Parse the query string; unknown values mean the default view."""
        asked, email = request.GET, request.GET.get("email", "").strip()
        return cls(
            email=email,
            contact_id=(contact_by_address(email) or 0) if email else whole_number(asked.get("contact")),
            part="text" if asked.get("part") == "text" else "html",
            width="phone" if asked.get("width") == "phone" else "desktop",
            bare=asked.get("bare") == "1",
            dark=asked.get("dark") == "1",
            images=asked.get("images") != "off",
            missing=asked.get("missing") == "1",
            variant=whole_number(asked.get("variant")),
        )

    def query(self, **changes: object) -> str:
        whole: dict[str, object] = {
            "contact": self.contact_id,
            "part": self.part,
            "width": self.width,
            "bare": int(self.bare),
            "dark": int(self.dark),
            "images": "on" if self.images else "off",
            "missing": int(self.missing),
            "variant": self.variant,
        }
        return urlencode(whole | changes)


@dataclass(frozen=True, slots=True)
class Preview:
    """`variants`: name, query string, and whether it is shown; empty if there is only one text."""

    view: PreviewState
    around: Neighbors | None
    message: PreviewedMessage
    url: str
    edit_url: str
    variants: list[tuple[str, str, bool]]
    missing: MissingFields | None = None
    mistakes: tuple[SourceError, ...] | None = None
    """What keeps the draft from being compiled, by line; None if it was not tried."""

    @property
    def not_found(self) -> bool:
        contact_id = self.around.contact.id if self.around else 0
        return bool(self.view.email) and contact_id != self.view.contact_id

    @property
    def skipped(self) -> str:
        number = len(self.missing.ids) if self.missing else 0
        words = ngettext("%(shown)s contact would be skipped", "%(shown)s contacts would be skipped", number)
        return words % {"shown": intcomma(number)}

    @property
    def links(self) -> dict[str, str]:
        around, view = self.around, self.view
        return {
            "same": view.query(),
            "previous": view.query(contact=around.previous_id) if around and around.previous_id else "",
            "next": view.query(contact=around.next_id) if around and around.next_id else "",
            "html": view.query(part="html"),
            "text": view.query(part="text"),
            "desktop": view.query(width="desktop"),
            "phone": view.query(width="phone"),
            "bare": view.query(bare=int(not view.bare), missing=0),
            "missing": view.query(missing=int(not view.missing), bare=0, contact=0),
            "dark": view.query(dark=int(not view.dark)),
            "images": view.query(images="off" if view.images else "on"),
        }


def _mistakes_of(compiled: CompiledCampaign | PreviewedMessage) -> tuple[SourceError, ...] | None:
    if not isinstance(compiled, PreviewedMessage):
        return ()
    return None if compiled.problem == "imprint" else compiled.mistakes


def _as_seen(message: PreviewedMessage, view: PreviewState) -> PreviewedMessage:
    html = in_scheme(message.html, dark=view.dark)
    return replace(message, html=shown_here(html if view.images else without_images(html)))


def preview_of(request: StudioRequest, campaign: Campaign, view: PreviewState, *, here: str = "") -> Preview:
    allow(request, inline_styles=True, images_from=(ANY_HOST,))  # the message's frame is part of the page
    whole, campaign = campaign, as_variant(campaign, view.variant)
    compiled = compiled_or_problem(campaign)
    mistakes = _mistakes_of(compiled)
    missing = None
    if view.missing and not isinstance(compiled, PreviewedMessage):
        try:
            missing = missing_fields(campaign, request.account, compiled)
        except SourceRefused as refused:
            compiled = refused_preview(refused)
    if missing is not None:
        around = among(campaign, missing.ids, view.contact_id)
    else:
        around = neighbours(campaign, view.contact_id) if campaign.list_ids else None
    if isinstance(compiled, PreviewedMessage):
        message = compiled
    else:
        message = rendered_preview(compiled, campaign, request.account, around, view.bare)
    return Preview(
        view=view,
        around=around,
        message=_as_seen(message, view),
        url=reverse("studio:campaign-preview", args=[campaign.id]),
        edit_url=here or reverse("studio:campaign-edit", args=[campaign.id]),
        missing=missing,
        mistakes=mistakes,
        variants=[
            (text_name(whole, number), view.query(variant=number), number == view.variant)
            for number in range(variant_count(whole))
            if variant_count(whole) > 1
        ],
    )


@studio("GET campaigns/<int:campaign_id>/edit/preview/", "campaign-preview", Permission.DRAFT, limited=True)
def preview(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    context = {"preview": preview_of(request, campaign, PreviewState.of(request)), "campaign": campaign, "alone": True}
    return page(request, "studio/campaigns/preview.html", context)

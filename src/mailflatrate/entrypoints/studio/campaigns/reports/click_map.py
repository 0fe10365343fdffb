"""The click map: the message as it was sent, with each link's share of the clicks beside it."""

import re
from collections.abc import Sequence
from html import escape, unescape
from typing import Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.campaigns.public_archive import empty_values, public_page
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.tracking.queries import LinkClickInfo, clicks_of
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.presenters.campaign_figures import sent_edition
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.entrypoints.studio.content.message_frame import framed
from mailflatrate.entrypoints.ui.templatetags.controls import percent
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.links import LINK_VARIABLES, LinkKind, link_prefix
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings

_ANCHOR = re.compile(r"<a\b([^>]*?)\shref=\"([^\"]*)\"([^>]*)>(.*?)</a>", re.IGNORECASE | re.DOTALL)
# Colors of their own, because a message has its own, too: white on dark green is readable on any of them.
_LABEL: Final = (
    "display:inline-block;margin:0 2px 0 6px;padding:1px 7px;border-radius:10px;background:#005f5f;color:#fff;"
    "font:600 11px/16px system-ui,sans-serif;letter-spacing:0;text-decoration:none;text-transform:none;"
    "vertical-align:middle;white-space:nowrap"
)
_FRAME: Final = "outline:2px solid rgba(0,95,95,{alpha:.2f});outline-offset:2px;border-radius:2px"


def with_shares(html: str, links: Sequence[LinkClickInfo], *, account_id: int, edition_id: int) -> str:
    """No link leads anywhere, so none is counted here; a target linked twice has its one count at both places."""
    prefix = link_prefix(load_settings().public_url, LinkKind.CLICK)
    by_number = {link.number: link for link in links}
    total, most = sum(link.people for link in links), max((link.people for link in links), default=0)

    def annotated(match: re.Match[str]) -> str:
        before, href, after, content = match.groups()
        claims = key_ring().open_token(TokenPurpose.CLICK, unescape(href).removeprefix(prefix))
        plain = f"<a{before}{after}>{content}</a>"
        if claims is None or (claims.account_id, claims.delivery_id) != (account_id, edition_id):
            return plain
        link = by_number.get(claims.extra)
        if link is None:
            return plain
        alpha = 0.15 + 0.85 * (link.people / most if most else 0)
        return (
            f'<span style="{_FRAME.format(alpha=alpha)}" title="{escape(link.url)}">{plain}</span>'
            f'<span style="{_LABEL}">{escape(_label(link.people, total))}</span>'
        )

    return _ANCHOR.sub(annotated, html)


def _label(people: int, total: int) -> str:
    if not people:
        return _("no clicks")
    return f"{percent(100 * people / total, 0)} · {intcomma(people)}"


def filled(campaign: Campaign, edition: Edition) -> str:
    """Return an edition's HTML part as an unknown reader would see it; with its fields in braces if that fails."""
    lists = MailingList.objects.filter(id__in=campaign.list_ids).order_by("id")
    mailing_list = lists.first()
    if mailing_list is None:
        return edition.html
    values = empty_values(campaign, edition, current_account(), mailing_list)
    values |= dict.fromkeys(LINK_VARIABLES.values(), "#")
    try:
        return public_page(edition.html, values) or edition.html
    except SourceRefused:
        return edition.html


@xframe_options_sameorigin
@studio("GET campaigns/<int:campaign_id>/clicks/map/", "campaign-click-map", Permission.VIEW, limited=True)
def click_map(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Serve the message with the clicks at its links, under a policy that forbids scripts and forms."""
    campaign = find_campaign(campaign_id)
    number = whole_number(request.GET["variant"]) if "variant" in request.GET else None
    edition = sent_edition(campaign, number)
    if campaign.state == CampaignState.DRAFT or edition is None or not campaign.track_clicks:
        raise Http404
    html = with_shares(
        filled(campaign, edition), clicks_of(edition), account_id=campaign.account_id, edition_id=edition.id
    )
    return framed(request, html)

"""A campaign as a web page, and the page that explains a campaign to anyone who has its ID."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.content.campaign_content import own_hosts_of
from mailflatrate.apps.campaigns.content.child_compiler import page_in_child
from mailflatrate.apps.campaigns.content.personalization import NO_DEFAULTS, recipient_values
from mailflatrate.apps.campaigns.coupons import codes_of, pools_shown
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.transactional.queries import find_submitted_version
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.public.reader import PageReader, page_language, reader
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.address import masked_address
from mailflatrate.mail.identifiers.mailing_id import parse_mailing_id
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.links import LINK_PURPOSES, LINK_VARIABLES, LinkKind, link_prefix
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.settings import load_settings

MESSAGE_POLICY = (
    "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; font-src https:; frame-ancestors 'self'; "
    "form-action 'none'; base-uri 'none'; sandbox allow-popups allow-popups-to-escape-sandbox "
    "allow-top-navigation-by-user-activation"
)


@public("GET w/<str:token>", "web-view")
def web_view(request: HttpRequest, token: str) -> HttpResponse:
    """From the frozen edition. The address is masked, because links get forwarded."""
    with reader(TokenPurpose.ARCHIVE, token) as recipient:
        edition_id = recipient.delivery.edition_id
        edition = Edition.objects.filter(id=edition_id).first() if edition_id else None
        if edition is None or recipient.delivery.contact is None:
            raise Http404
        try:
            page = page_in_child(edition.html, _values(recipient, edition), own_hosts_of(edition)).html
        except SourceRefused:
            page = ""
        if not page:
            with translation.override(page_language(request, recipient.language)):
                return render(request, "public/not_shown.html", recipient.context(), status=404)
    response = HttpResponse(page)
    response.headers["Content-Security-Policy"] = MESSAGE_POLICY
    return response


def _values(recipient: PageReader, edition: Edition) -> dict[str, object]:
    delivery, contact = recipient.delivery, recipient.delivery.contact
    event = delivery.consent_event
    assert contact is not None and delivery.campaign is not None
    values = recipient_values(
        email=masked_address(contact.email),
        first_name=contact.first_name,
        last_name=contact.last_name,
        attributes=contact.attributes,
        account_name=recipient.account.name,
        list_name=delivery.mailing_list.public_name if delivery.mailing_list else "",
        mailing_id=delivery.campaign.mailing_id,
        subscribed_at=event.occurred_at if event else None,
        source=event.evidence.source if event and hasattr(event, "evidence") else "",
        language=recipient.language,
        defaults=edition.facts.get("defaults", NO_DEFAULTS),
        coupons=codes_of(contact.id, pools_shown(edition).values()),
    )
    base = load_settings().public_url
    for kind, name in LINK_VARIABLES.items():
        if kind is not LinkKind.CLICK:
            token = key_ring().seal(LINK_PURPOSES[kind], recipient.account.id, delivery.id)
            values[name] = link_prefix(base, kind) + token
    return values


@public("GET help/<str:mailing_id>", "mailing-help")
def help_page(request: HttpRequest, mailing_id: str) -> HttpResponse:
    """Who sent the message with this ID, and how to stop or report it (List-Help). No recipient is named."""
    canonical_id = parse_mailing_id(mailing_id)
    if canonical_id is None:
        raise Http404
    with tenancy.platform(PlatformReason.MAIL_IN):
        campaign = Campaign.objects.filter(mailing_id=canonical_id).exclude(state=CampaignState.DRAFT).first()
        sent = campaign or find_submitted_version([canonical_id])
        account = Account.objects.filter(id=sent.account_id).first() if sent else None
    if sent is None or account is None:
        raise Http404
    context = {
        "customer": {"name": account.name, "text": sent.mailing_id, "colour": account.colour},
        "mailing_id": sent.mailing_id,
        "is_campaign": campaign is not None,
        "abuse_address": f"abuse@{load_settings().service_domain}",
    }
    with translation.override(page_language(request, sent.language)):
        return render(request, "public/help.html", context)

"""Parameters for web analytics in links. They are part of the compiled content, so that preview, checks, edition and
policy tick have the same links; none may depend on the reader.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, LinkTagging, TagStyle
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.base import tenancy
from mailflatrate.mail.html.link_tags import LinkTags
from mailflatrate.rules.names.domains import registrable


@dataclass(frozen=True, slots=True)
class TaggingOrder:
    is_on: bool
    style: TagStyle
    domains: Collection[str]
    source: str
    medium: str
    content: str = ""


@tenancy.needs_account
def own_domains() -> list[str]:
    names = SenderDomain.objects.filter(verified_at__isnull=False).values_list("name", flat=True)
    return sorted({registrable(name) or name for name in names})


@tenancy.needs_account
def save_tagging(order: TaggingOrder) -> LinkTagging:
    """Set the account's defaults. Raises CampaignError for someone else's domain, missing values, or Liquid in one."""
    foreign = set(order.domains) - set(own_domains())
    if foreign:
        raise CampaignError(_("Verify %(domain)s as a sending domain first.") % {"domain": ", ".join(sorted(foreign))})
    values = [" ".join(value.split())[:60] for value in (order.source, order.medium, order.content)]
    if order.is_on and not (values[0] and values[1] and order.domains):
        raise CampaignError(_("Enter a source and a medium, and choose at least one domain."))
    if any(is_personal(value) for value in values):
        raise CampaignError(_("The values are the same for everyone, so they can't have personal fields."))
    row, _made = LinkTagging.objects.update_or_create(
        account_id=tenancy.current_account_id(),
        defaults={
            "is_on": order.is_on,
            "style": order.style,
            "domains": sorted(order.domains),
            **dict(zip(("source", "medium", "content"), values, strict=True)),
        },
    )
    return row


def is_personal(value: str) -> bool:
    return "{" in value or "}" in value


@tenancy.needs_account
@tenancy.read_once
def tagging_of_account() -> LinkTagging | None:
    return LinkTagging.objects.first()


@tenancy.needs_account
def adds_tags() -> bool:
    tagging = tagging_of_account()
    return tagging is not None and tagging.is_on


@tenancy.needs_account
def link_tags(campaign: Campaign) -> LinkTags | None:
    if campaign.untagged_links:
        return None
    tagging = tagging_of_account()
    if tagging is None or not tagging.is_on:
        return None
    values = {
        "source": tagging.source,
        "medium": tagging.medium,
        "campaign": campaign.link_campaign or slugify(campaign.name)[:60] or campaign.mailing_id.lower(),
        "content": tagging.content,
    }
    parameters = tuple((f"{tagging.style}_{name}", value) for name, value in values.items() if value)
    return LinkTags(frozenset(tagging.domains) & frozenset(own_domains()), parameters)

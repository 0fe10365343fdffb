"""Starting points for drafts: the gallery's templates and the account's own."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.apps.campaigns.actions.media import gallery_media
from mailflatrate.apps.campaigns.errors import NameTaken
from mailflatrate.apps.campaigns.gallery import gallery_template, picture_text, source
from mailflatrate.apps.campaigns.media import message_url
from mailflatrate.apps.campaigns.models import Campaign, CampaignTemplate, ContentKind

KEPT = ("subject", "preheader", "language", "content_kind", "content", "text_override")
"""What a template keeps of a campaign: its content, not its sender or recipients."""


def start_from_gallery(key: str, language: str, *, name: str, by: User | None, values: Mapping[str, Any]) -> Campaign:
    """Create a draft from one of our templates, in the account's brand. Raises KeyError for an unknown key."""
    template = gallery_template(key, language)

    def url(stem: str) -> str:
        media = gallery_media(stem, alt=picture_text(key, template.language, stem), by=by)
        return message_url(media, list(media.files.all()))

    content = source(template, queries.brand_style(), url)
    written = {
        "subject": template.subject,
        "preheader": template.preheader,
        "language": template.language,
        "content_kind": ContentKind.BLOCKS,
        "content": content,
    }
    return create_campaign(name, by=by, values={**values, **written})


def start_from_template(template_id: int, *, name: str, by: User | None, values: Mapping[str, Any]) -> Campaign:
    """Create a draft from one of the account's own templates. Raises CampaignTemplate.DoesNotExist."""
    template = CampaignTemplate.objects.get(id=template_id)
    written = {field: getattr(template, field) for field in KEPT}
    return create_campaign(name, by=by, values={**values, **written})


def save_as_template(campaign_id: int, name: str, *, by: User | None) -> CampaignTemplate:
    """Save a campaign's content as a template under a name. Raises NameTaken, Campaign.DoesNotExist."""
    campaign = Campaign.objects.get(id=campaign_id)
    kept = {field: getattr(campaign, field) for field in (*KEPT, "media_ids")}
    try:
        with transaction.atomic():
            template = CampaignTemplate(account_id=campaign.account_id, name=name.strip()[:120], created_by=by)
            for field, value in kept.items():
                setattr(template, field, value)
            template.save()
            return template
    except IntegrityError as error:
        raise NameTaken(name) from error


def rename_template(template_id: int, name: str) -> CampaignTemplate:
    """Rename a template. Raises NameTaken, CampaignTemplate.DoesNotExist."""
    template = CampaignTemplate.objects.select_for_update().get(id=template_id)
    template.name = name.strip()[:120]
    try:
        with transaction.atomic():
            template.save(update_fields=["name", "updated_at"])
    except IntegrityError as error:
        raise NameTaken(name) from error
    return template


def delete_template(template_id: int) -> None:
    """Delete a template; campaigns that began with it keep their content. Raises CampaignTemplate.DoesNotExist."""
    CampaignTemplate.objects.select_for_update().get(id=template_id).delete()

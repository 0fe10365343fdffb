"""Starting points for drafts: the gallery's templates and the account's own."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions.drafts import create_campaign
from mailflatrate.apps.campaigns.actions.media import gallery_media
from mailflatrate.apps.campaigns.content.locks import refuse_without_slots, require_design
from mailflatrate.apps.campaigns.draft_fields import COVERED
from mailflatrate.apps.campaigns.errors import NameTaken
from mailflatrate.apps.campaigns.gallery import gallery_template, picture_text, source
from mailflatrate.apps.campaigns.media import message_url
from mailflatrate.apps.campaigns.models import Campaign, CampaignTemplate, ContentKind
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions.fetches import take_templates
from mailflatrate.base import tenancy

_NAMES_TRIED = 20
KEPT = ("subject", "preheader", "language", "content_kind", "theme", "content", "text_override", "translations")
"""What a template keeps of a campaign: its content, not its sender or recipients."""


def start_from_gallery(key: str, language: str, *, name: str, by: User | None, values: Mapping[str, Any]) -> Campaign:
    """Create a draft from one of our templates, in the account's brand. Raises KeyError for an unknown key."""
    template = gallery_template(key, language)

    def url(stem: str) -> str:
        media = gallery_media(stem, alt=picture_text(template.language, stem), by=by)
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
    if template.is_locked:
        values = {field: value for field, value in values.items() if field not in COVERED}
    return create_campaign(name, by=by, values={**values, **written}, is_locked=template.is_locked)


def save_as_template(campaign_id: int, name: str, *, by: User | None) -> CampaignTemplate:
    """Save a campaign's content as a template under a name. Raises NameTaken, Campaign.DoesNotExist."""
    campaign = Campaign.objects.get(id=campaign_id)
    kept = {field: getattr(campaign, field) for field in (*KEPT, "media_ids", "is_locked")}
    try:
        with transaction.atomic():
            template = CampaignTemplate(account_id=campaign.account_id, name=name.strip()[:120], created_by=by)
            for field, value in kept.items():
                setattr(template, field, value)
            template.save()
            return template
    except IntegrityError as error:
        raise NameTaken(name) from error


@tenancy.needs_account
def adopt_templates(move_id: int) -> int:
    """Idempotent. Like any pasted HTML, it is untrusted and sanitized whenever it is compiled or shown."""
    saved = 0
    fetched = take_templates(move_id)
    for entry in fetched:
        try:
            with uploads.opened(entry["path"]) as path:
                html = path.read_text(encoding="utf-8", errors="replace").replace("\0", "\ufffd")
        except FileNotFoundError:
            continue
        saved += _adopt(entry, html)
        uploads.forget(entry["path"])
    return saved


def _adopt(entry: Mapping[str, Any], html: str) -> bool:
    """Save one template under the first name that is free; return False if none of a few is."""
    name = " ".join(entry["name"].split()) or _("Template")
    for number in range(1, _NAMES_TRIED + 1):
        ending = "" if number == 1 else f" {number}"
        template = CampaignTemplate(
            account_id=tenancy.current_account_id(),
            name=name[: 120 - len(ending)] + ending,
            subject=" ".join(entry["subject"].split())[:200],
            language=entry["language"],
            content_kind=ContentKind.HTML,
            content=html,
        )
        try:
            with transaction.atomic():
                template.save()
        except IntegrityError:
            continue
        return True
    return False


def lock_template(template_id: int, *, is_locked: bool, by: User) -> CampaignTemplate:
    """Existing drafts stay as they are. Raises LockedPart, CampaignInputError, CampaignTemplate.DoesNotExist."""
    require_design(by)
    template = CampaignTemplate.objects.select_for_update().get(id=template_id)
    if is_locked:
        refuse_without_slots(template)
    template.is_locked = is_locked
    template.save(update_fields=["is_locked", "updated_at"])
    return template


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


def delete_template(template_id: int, *, by: User | None) -> None:
    """Raises LockedPart if it's locked for this member, CampaignTemplate.DoesNotExist."""
    template = CampaignTemplate.objects.select_for_update().get(id=template_id)
    if template.is_locked:
        require_design(by)
    template.delete()

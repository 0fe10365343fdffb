"""Save, rename, change and delete rows of blocks."""

import re
from functools import partial
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions.drafts import editable, write
from mailflatrate.apps.campaigns.content.campaign_content import known_variables
from mailflatrate.apps.campaigns.content.child_compiler import merge_errors_in_child
from mailflatrate.apps.campaigns.content.locks import is_in_locked_design, require_design
from mailflatrate.apps.campaigns.coupons import pool_keys
from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.apps.campaigns.media import media_ids_in
from mailflatrate.apps.campaigns.models import Campaign, CampaignTemplate, SavedBlock
from mailflatrate.apps.campaigns.shared_blocks import include_of, put_in, rewritten
from mailflatrate.apps.campaigns.variants import variant_count
from mailflatrate.base import tenancy
from mailflatrate.mail.content.campaign import ContentSource, SourceFormat
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.campaigns.campaign_states import EDITABLE

MOST_CHARS: Final = 50_000
MOST_SAVED: Final = 200
_ROW = re.compile(r"<mj-(section|wrapper)\b[\s\S]*</mj-\1\s*>")


def save_block(name: str, content: str, *, is_shared: bool, by: User | None) -> SavedBlock:
    """Save a row under a name. Raises NameTaken; CampaignInputError if it isn't a row, SourceRefused for mistakes."""
    if SavedBlock.objects.count() >= MOST_SAVED:
        raise CampaignInputError(_("There are %(most)s saved rows already. Delete one first.") % {"most": MOST_SAVED})
    content = _row(content)
    account_id = tenancy.current_account_id()
    block = SavedBlock(account_id=account_id, name=_name(name), content=content, is_shared=is_shared, created_by=by)
    block.media_ids = media_ids_in(content, account_id)
    return _store(block)


def rename_block(block_id: int, name: str) -> SavedBlock:
    """Rename a saved row. Raises NameTaken, CampaignInputError, SavedBlock.DoesNotExist."""
    block = SavedBlock.objects.select_for_update().get(id=block_id)
    block.name = _name(name)
    return _store(block)


def change_block(block_id: int, content: str, *, by: User | None) -> SavedBlock:
    """Drafts that name it follow. Raises CampaignInputError, LockedPart, SourceRefused, SavedBlock.DoesNotExist."""
    block = SavedBlock.objects.select_for_update().get(id=block_id)
    if is_in_locked_design(block_id, queries.uses_of_blocks().get(block_id, [])):
        require_design(by)
    content = _row(content)
    block.content, block.media_ids = content, media_ids_in(content, block.account_id)
    return _store(block)


def delete_block(block_id: int, *, by: User | None, open_draft: int = 0) -> None:
    """Drafts and templates keep a copy; the editor of `open_draft` puts it in itself, because a change behind its back
    would set the author's next save aside. Raises SavedBlock.DoesNotExist, LockedPart.
    """
    block = SavedBlock.objects.select_for_update().get(id=block_id)
    uses = queries.uses_of_blocks().get(block.id, [])
    if is_in_locked_design(block.id, uses):
        require_design(by)
    for use in uses:
        if use.id == open_draft and variant_count(use) == 1:
            continue
        values = rewritten(use, partial(put_in, contents={block.id: block.content}))
        if use.state in EDITABLE:
            write(editable(use.id), values, by)
        else:
            # What was released says the same as before, and its edition is frozen anyway.
            Campaign.objects.filter(id=use.id).update(**values)
    for template in CampaignTemplate.objects.select_for_update().filter(content__contains=include_of(block.id)):
        template.content = _with_copy(template.content, block)
        template.media_ids = sorted({*template.media_ids, *block.media_ids})
        template.save(update_fields=["content", "media_ids", "updated_at"])
    block.delete()


def _with_copy(source: str, block: SavedBlock) -> str:
    return put_in(source, {block.id: block.content})


def _name(name: str) -> str:
    cleaned = " ".join(name.split())[:120]
    if not cleaned:
        raise CampaignInputError(_("Enter a name for the row."))
    return cleaned


def _row(content: str) -> str:
    """On one line, so that it shifts no line of a draft. Raises CampaignInputError, SourceRefused."""
    content = " ".join(content.split("\n")).strip()
    if len(content) > MOST_CHARS:
        raise CampaignInputError(_("This row is too large to be saved."))
    if _ROW.fullmatch(content) is None or "<mj-include" in content.lower():
        raise CampaignInputError(_("Only a section or a section group can be saved as a row."))
    source = ContentSource(SourceFormat.MJML, f"<mjml><mj-body>{content}</mj-body></mjml>", "")
    if errors := merge_errors_in_child(source, known_variables(queries.attribute_names(), pool_keys())):
        raise SourceRefused(tuple(errors))
    return content


def _store(block: SavedBlock) -> SavedBlock:
    try:
        with transaction.atomic():
            block.save()
    except IntegrityError as error:
        raise NameTaken(block.name) from error
    return block

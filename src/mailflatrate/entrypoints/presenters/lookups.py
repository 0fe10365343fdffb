"""Find the object that a URL names in the caller's account; Http404 for anything else, other accounts' objects too."""

from collections.abc import Sequence

from django.http import Http404
from django.shortcuts import get_object_or_404

from mailflatrate.apps.automations.models import Automation, AutomationVersion
from mailflatrate.apps.campaigns.models import (
    Campaign,
    CampaignTemplate,
    ContentLookup,
    CouponPool,
    FeedDigest,
    Media,
    MessageCopy,
    SavedBlock,
    TestList,
)
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.domains.queries import domains
from mailflatrate.apps.events.models import WebhookEndpoint
from mailflatrate.apps.lists.models import BulkAction, Contact, Export, Import, MailingList, Move, Segment, Tag


def find_automation(automation_id: int) -> Automation:
    return get_object_or_404(Automation.objects.select_related("mailing_list"), id=automation_id)


def find_automation_version(automation_id: int, version_id: int) -> AutomationVersion:
    return get_object_or_404(AutomationVersion.objects, automation_id=automation_id, id=version_id)


def find_bulk_action(action_id: int) -> BulkAction:
    return get_object_or_404(BulkAction.objects.select_related("created_by"), id=action_id)


def find_campaign(campaign_id: int) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("sender__domain"), id=campaign_id)


def find_contact(contact_id: int) -> Contact:
    return get_object_or_404(Contact.objects, id=contact_id)


def find_delivery(campaign: Campaign, delivery_id: int) -> DeliveryRecord:
    return get_object_or_404(DeliveryRecord.objects.select_related("contact"), campaign_id=campaign.id, id=delivery_id)


def find_digest(digest_id: int) -> FeedDigest:
    return get_object_or_404(FeedDigest.objects.select_related("mailing_list", "last_issue", "template"), id=digest_id)


def find_domain(domain_id: int) -> SenderDomain:
    return get_object_or_404(domains(), id=domain_id)


def find_export(export_id: int) -> Export:
    return get_object_or_404(Export.objects.select_related("mailing_list", "created_by"), id=export_id)


def find_import(import_id: int) -> Import:
    return get_object_or_404(Import.objects.select_related("mailing_list"), id=import_id)


def find_list(list_id: int) -> MailingList:
    """Return a list, archived or not."""
    return get_object_or_404(MailingList.objects, id=list_id)


def find_media(media_id: int) -> Media:
    return get_object_or_404(Media.objects, id=media_id)


def find_coupon_pool(pool_id: int) -> CouponPool:
    return get_object_or_404(CouponPool.objects, id=pool_id)


def find_message_copy(copy_id: int) -> MessageCopy:
    return get_object_or_404(MessageCopy.objects.select_related("campaign"), id=copy_id)


def find_content_lookup(lookup_id: int) -> ContentLookup:
    return get_object_or_404(ContentLookup.objects, id=lookup_id)


def find_move(move_id: int) -> Move:
    return get_object_or_404(Move.objects.select_related("mailing_list", "created_by"), id=move_id)


def find_segment(segment_id: int) -> Segment:
    return get_object_or_404(Segment.objects, id=segment_id)


def find_test_list(test_list_id: int) -> TestList:
    return get_object_or_404(TestList.objects, id=test_list_id)


def find_test_lists(test_list_ids: Sequence[int]) -> list[TestList]:
    """Return these test lists, in one query. Raises Http404 if any of them isn't the account's."""
    found = list(TestList.objects.filter(id__in=test_list_ids)) if test_list_ids else []
    if len(found) < len(set(test_list_ids)):
        raise Http404
    return found


def find_tag(tag_id: int) -> Tag:
    return get_object_or_404(Tag.objects, id=tag_id)


def find_saved_block(saved_block_id: int) -> SavedBlock:
    return get_object_or_404(SavedBlock.objects, id=saved_block_id)


def find_template(template_id: int) -> CampaignTemplate:
    return get_object_or_404(CampaignTemplate.objects, id=template_id)


def find_webhook(webhook_id: int) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint.objects, id=webhook_id)

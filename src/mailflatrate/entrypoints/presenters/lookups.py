"""Find the object that a URL names in the caller's account; Http404 for anything else, other accounts' objects too."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db.models import Model
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
from mailflatrate.apps.intake.models import Import, Move, SuppressionFile
from mailflatrate.apps.lists.models import Contact, ContactField, MailingList, Tag
from mailflatrate.apps.segments.models import BulkAction, Export, Segment
from mailflatrate.apps.transactional.models import MessageTemplate, TransactionalMessage

RowT = TypeVar("RowT", bound=Model)


def _finder(model: type[RowT], *related: str) -> Callable[[int], RowT]:
    def find(row_id: int) -> RowT:
        rows = model._default_manager.all()
        return get_object_or_404(rows.select_related(*related) if related else rows, id=row_id)

    return find


find_automation = _finder(Automation, "mailing_list")
find_bulk_action = _finder(BulkAction, "created_by")
find_campaign = _finder(Campaign, "sender__domain")
find_contact = _finder(Contact)
find_content_lookup = _finder(ContentLookup)
find_coupon_pool = _finder(CouponPool)
find_digest = _finder(FeedDigest, "mailing_list", "last_issue", "template")
find_export = _finder(Export, "mailing_list", "created_by")
find_field = _finder(ContactField)
find_import = _finder(Import, "mailing_list")
find_list = _finder(MailingList)
find_media = _finder(Media)
find_message = _finder(TransactionalMessage, "version__template")
find_message_copy = _finder(MessageCopy, "campaign")
find_message_template = _finder(MessageTemplate)
find_move = _finder(Move, "mailing_list", "created_by")
find_saved_block = _finder(SavedBlock)
find_segment = _finder(Segment)
find_suppression_file = _finder(SuppressionFile, "created_by")
find_tag = _finder(Tag)
find_template = _finder(CampaignTemplate)
find_test_list = _finder(TestList)
find_webhook = _finder(WebhookEndpoint)


def find_automation_version(automation_id: int, version_id: int) -> AutomationVersion:
    return get_object_or_404(AutomationVersion.objects, automation_id=automation_id, id=version_id)


def find_delivery(campaign: Campaign, delivery_id: int) -> DeliveryRecord:
    return get_object_or_404(DeliveryRecord.objects.select_related("contact"), campaign_id=campaign.id, id=delivery_id)


def find_domain(domain_id: int) -> SenderDomain:
    return get_object_or_404(domains(), id=domain_id)


def find_test_lists(test_list_ids: Sequence[int]) -> list[TestList]:
    """Return these test lists, in one query. Raises Http404 if any of them isn't the account's."""
    test_lists = list(TestList.objects.filter(id__in=test_list_ids)) if test_list_ids else []
    if len(test_lists) < len(set(test_list_ids)):
        raise Http404
    return test_lists

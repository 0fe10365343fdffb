"""Test sends of a draft: to people of the account and mailboxes that it verified, with the fields of real contacts."""

from collections.abc import Sequence
from itertools import product

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Notice, NoticeKind, User
from mailflatrate.apps.campaigns import states
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.campaigns.states import LockedCampaign
from mailflatrate.apps.campaigns.variants import variant_count
from mailflatrate.apps.gate.test_quota import TestContent, keep_within_the_day, queue_test
from mailflatrate.apps.gate.test_recipients import checked_recipients
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import UnlimitedReason

MOST_MESSAGES = 10
MOST_SHOWN = 20
MOST_CONTACTS = 5


def send_test(campaign_id: int, recipients: Sequence[str], *, by: User, contact_ids: Sequence[int]) -> list[Notice]:
    """Through the same engine, marked, as a service notice (R-25, R-32): a message for each address, contact and
    variant; without contacts, for an invented reader. Raises CampaignError for other or too many addresses,
    SourceRefused.
    """
    addresses = checked_recipients(recipients)
    readers: list[int | None] = [*dict.fromkeys(contact_ids)] or [None]
    campaign = states.locked(campaign_id)
    variants = range(variant_count(campaign))
    messages = list(product(addresses, variants, readers))
    if not messages or len(messages) > MOST_MESSAGES:
        words = _("A test can have up to %(most)d messages: addresses times contacts. This one would have %(n)d.")
        raise CampaignInputError(words % {"most": MOST_MESSAGES, "n": len(messages)})
    if campaign.sender is None:
        raise CampaignError(_("Choose the sender first. A test shows it the way the campaign will."))
    seen = set(Contact.objects.filter(id__in=contact_ids).values_list("id", flat=True))
    filled = [(address, variant, reader if reader in seen else None) for address, variant, reader in messages]
    with tenancy.unlimited(UnlimitedReason.RULES):
        return _send(campaign, filled, by)


def _send(campaign: LockedCampaign, messages: Sequence[tuple[str, int, int | None]], by: User) -> list[Notice]:
    keep_within_the_day([address for address, _variant, _reader in messages])
    editions = [drafts.make_edition(campaign, variant) for variant in range(variant_count(campaign))]
    notices = [
        queue_test(address, TestContent(edition_id=editions[variant].id, sample_contact_id=reader))
        for address, variant, reader in messages
    ]
    audit.record(
        "campaign.test_sent",
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"campaign:{campaign.id}",
        details={"messages": len(messages), "editions": [edition.id for edition in editions]},
    )
    return notices


def last_tests(campaign_id: int) -> list[Notice]:
    """Return the last test messages of a campaign, newest first. A limited member sees none of them."""
    of_campaign = Edition.objects.filter(campaign_id=campaign_id).values("id")
    return list(Notice.objects.filter(kind=NoticeKind.TEST, edition_id__in=of_campaign).order_by("-id")[:MOST_SHOWN])

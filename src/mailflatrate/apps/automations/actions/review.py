"""Review of an automation by an operator: one decision for all its messages that wait, and one notice (R-06, R-07)."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.automations.actions.release import complete_release
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import campaigns_to_review
from mailflatrate.apps.gate.draft_review import waits_as_draft
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.base import tenancy
from mailflatrate.settings import load_settings


@tenancy.needs_account
def waiting_messages(automation_id: int) -> list[Campaign]:
    """Return the messages of an automation that wait for a reviewer, released or shown early as drafts."""
    rows = campaigns_to_review().filter(automation_id=automation_id)
    return list(rows.select_related("account", "sender__domain", "released_by").order_by("id"))


@transaction.atomic
def review_automation(
    account_id: int,
    automation_id: int,
    *,
    approved: bool,
    by: User,
    content_hashes: Mapping[int, str],
    text: str = "",
    note: str = "",
) -> None:
    """One decision, whose reason the customer reads; drafts shown early remain drafts. `content_hashes`: what
    the reviewer saw, by campaign. Raises CampaignError, and then nothing is decided.
    """
    with tenancy.account(account_id):
        automation = Automation.objects.get(id=automation_id)
        messages = waiting_messages(automation_id)
    waiting = [campaign.id for campaign in messages]
    if not waiting:
        raise CampaignError(_("This automation is no longer waiting for review."))
    if set(waiting) != set(content_hashes):
        raise CampaignError(_("The automation has changed in the meantime. Review it again."))
    for number in waiting:
        review_campaign(
            account_id,
            number,
            approved=approved,
            by=by,
            shown_hash=content_hashes[number],
            text=text,
            note=note,
            tells=False,
        )
    with tenancy.account(account_id):
        complete_release(automation_id)
    early = all(waits_as_draft(campaign) for campaign in messages)
    facts = {
        "automation": automation.name,
        "early": early,
        "approved": approved,
        "reason": Passage(text.strip()),
        "url": f"{load_settings().public_url}/studio/automations/{automation_id}/{'messages' if early else 'release'}/",
    }
    tell_owners(account_id, NoticeKind.ACCOUNT_STATUS, "automations/mail/reviewed", facts)

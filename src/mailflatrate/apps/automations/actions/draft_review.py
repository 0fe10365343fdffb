"""Early review: the operator's team sees all messages of a draft and answers them at once (`gate.draft_review`)."""

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.automations.actions.approval import messages_in
from mailflatrate.apps.automations.actions.drafts import draft_of, locked_automation
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.states import locked
from mailflatrate.apps.gate.draft_review import ask_for_drafts, withdraw_drafts
from mailflatrate.base import tenancy
from mailflatrate.rules.roles import Permission


@tenancy.needs_account
@transaction.atomic
def ask_draft_review(automation_id: int, *, by: User) -> None:
    """Editing goes on. Raises AutomationError if the draft has problems or no message; CampaignError, NotPermitted."""
    require(by, Permission.DRAFT)
    locked_automation(automation_id)
    version = draft_of(automation_id)
    if problems_of(version):
        raise AutomationError(_("Fix the open steps first, so that our team sees the whole automation."))
    messages = messages_in(version)
    if not messages:
        raise AutomationError(_("This automation sends nothing, so there is nothing to review."))
    ask_for_drafts([locked(message.id) for message in messages], by=by)


@tenancy.needs_account
@transaction.atomic
def withdraw_draft_review(automation_id: int, *, by: User) -> None:
    """Withdraws messages that have left the flow since, too. Raises CampaignError, NotPermitted."""
    require(by, Permission.DRAFT)
    locked_automation(automation_id)
    withdraw_drafts([locked(number) for number in _drafts(automation_id)], by=by)


def _drafts(automation_id: int) -> list[int]:
    rows = Campaign.objects.filter(automation_id=automation_id, state=CampaignState.DRAFT)
    return list(rows.order_by("id").values_list("id", flat=True))

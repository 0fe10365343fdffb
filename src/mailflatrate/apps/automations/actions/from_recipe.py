"""Creating an automation from a recipe, with all of its messages."""

from typing import Any

from django.db import transaction

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.graphs import with_campaigns
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.recipes import Recipe, RecipeChoices
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.campaigns.recipe_messages import recipe_messages
from mailflatrate.apps.domains.queries import senders
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import tenancy


@tenancy.needs_account
@transaction.atomic
def create_from_recipe(
    recipe: Recipe, name: str, list_id: int, *, by: User | None, choices: RecipeChoices | None = None
) -> Automation:
    """In the list's language. What wasn't chosen is a problem of the draft. Raises AutomationError."""
    automation = drafts.create_automation(name, list_id, by=by)
    language = MailingList.objects.get(id=list_id).language
    common, brand = message_defaults(list_id), brand_style()
    made = {
        message.key: drafts.create_message(automation.id, message.name, by=by, values=common | message.values(brand)).id
        for message in recipe_messages(recipe.key, language).values()
    }
    graph = with_campaigns(recipe.graph(choices or RecipeChoices()), made)
    drafts.save_graph(automation.id, graph, based_on=1, by=by)
    return automation


@tenancy.needs_account
def message_defaults(list_id: int) -> dict[str, Any]:
    """Sender and reply address of the list's last campaign, or else the first sender."""
    last = Campaign.objects.filter(list_ids__contains=[list_id], sender_id__isnull=False).order_by("-id").first()
    if last is not None:
        sender_id, reply_to = last.sender_id, last.reply_to
    else:
        first = senders().first()
        sender_id, reply_to = (first.id if first else None), ""
    return {"sender_id": sender_id, "reply_to": reply_to, "time_zone": current_account().time_zone}

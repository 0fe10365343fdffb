"""Automations made from recipes, and finished as a customer would finish them."""

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.actions.from_recipe import create_from_recipe
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.recipes import RecipeChoices, find_recipe
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.recipe_messages import invented_texts
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.tags import create_tag
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer

FIELD = "the_day"
OWN_PAGE = "https://lindenhof.example/page"


def all_choices(customer: Customer) -> RecipeChoices:
    """A date field and a tag of the customer, and no form in particular."""
    with tenancy.account(customer.account_id):
        create_field(FieldDraft(label="The day", key=FIELD, purpose="To write on time", type="date"))
        return RecipeChoices(field=FIELD, tag=create_tag("Invited").id)


def from_recipe(customer: Customer, key: str, choices: RecipeChoices | None = None) -> Journey:
    """A draft as the page makes it."""
    with tenancy.account(customer.account_id):
        recipe = find_recipe(key)
        made = create_from_recipe(recipe, recipe.name, customer.list_id, by=customer.owner, choices=choices)
    return Journey(customer, made.id)


def messages(journey: Journey) -> list[Campaign]:
    with tenancy.account(journey.customer.account_id):
        ids = graph_of(drafts.draft_of(journey.automation_id)).campaigns()
        return [Campaign.objects.get(id=number) for number in ids]


def write_over(journey: Journey) -> None:
    """Replace what the customer has to write, and the addresses of pages that don't exist."""
    for campaign in messages(journey):
        values = {"subject": campaign.subject, "content": campaign.content}
        for number, text in enumerate(invented_texts()):
            values = {name: said.replace(text, f"Our own words, {number}") for name, said in values.items()}
        for page in ("renew", "register", "verlaengern", "anmelden"):
            values["content"] = values["content"].replace(f"https://example.org/{page}", OWN_PAGE)
        with tenancy.account(journey.customer.account_id):
            campaign_drafts.update_campaign(campaign.id, values, by=journey.customer.owner)

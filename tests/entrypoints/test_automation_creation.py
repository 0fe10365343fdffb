"""New automations: recipes as cards, which ask only for what they need, and an empty one."""

import pytest

from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.apps.automations.recipes import RECIPES
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.recipes import FIELD, all_choices

NEW = "/studio/automations/new/"


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=1)


def test_every_recipe_is_a_card(anna: Customer) -> None:
    text = anna.page("automations/new/")
    for recipe in RECIPES:
        assert f'href="?recipe={recipe.key}#start"' in text
        assert recipe.about.replace("'", "&#x27;") in text
    assert "Or start with an empty one" in text
    assert anna.client.get(f"{NEW}?recipe=spam").status_code == 200


def test_a_recipe_asks_for_what_it_needs_and_makes_the_whole_draft(anna: Customer) -> None:
    choices = all_choices(anna)
    text = anna.page("automations/new/?recipe=event")
    assert 'value="Event invitation"' in text
    assert "Which tag invites people?" in text
    assert "After sign-ups by which form?" not in text
    given = {"name": "Summer party", "mailing_list": anna.list_id, "tag": choices.tag, "field": FIELD}
    answer = anna.client.post(f"{NEW}?recipe=event", given)
    with tenancy.account(anna.account_id):
        made = Automation.objects.get()
        graph = newest_version(made.id).graph
        names = list(Campaign.objects.filter(automation_id=made.id).order_by("id").values_list("name", flat=True))
    assert answer.headers["Location"] == f"/studio/automations/{made.id}/flow/"
    assert graph["entry"]["tag"] == choices.tag
    assert (names, made.name) == (["Invitation", "Reminder"], "Summer party")


def test_what_is_chosen_later_is_a_problem_at_its_step(anna: Customer) -> None:
    text = anna.page("automations/new/?recipe=birthday")
    assert "You have no date field yet." in text
    answer = anna.client.post(
        f"{NEW}?recipe=birthday", {"name": "Birthdays", "mailing_list": anna.list_id, "field": ""}
    )
    flow = anna.client.get(answer.headers["Location"]).content.decode()
    assert "Choose the date field that starts the automation." in flow


def test_a_form_of_another_list_is_refused(anna: Customer) -> None:
    form_id, _code = add_form(anna)
    other = anna.with_list("Other", known=True)
    given = {"name": "Welcome", "mailing_list": other.list_id, "form": form_id}
    answer = anna.client.post(f"{NEW}?recipe=welcome", given)
    assert answer.status_code == 422
    assert "This form belongs to another list." in answer.content.decode()
    given["mailing_list"] = anna.list_id
    assert anna.client.post(f"{NEW}?recipe=welcome", given).status_code == 303

"""Recipes: each passes the gate once the customer wrote their part, and sends what it promises on the days it says."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from django.db import connection

from mailflatrate.apps.automations.actions import drafts, release
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.recipes import RECIPES, RecipeChoice, RecipeChoices, find_recipe
from mailflatrate.apps.campaigns.content.campaign_content import compile_campaign
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.recipe_messages import recipe_messages
from mailflatrate.apps.gate.sample import sample_message
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.lists.tags import give_tags
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.automations.compiling import compile_graph
from mailflatrate.rules.automations.problems import ENTRY
from mailflatrate.rules.automations.steps import Send
from mailflatrate.rules.gate.lint import LintLookups, judge_message, message_facts
from mailflatrate.rules.verdict import Severity
from support.automations import Journey
from support.cast import per_module
from support.customers import WHERE, Customer, sending_customer
from support.recipes import FIELD, all_choices, from_recipe, messages, write_over
from support.scope import rows, within
from support.sql import beside_triggers

KEYS = [recipe.key for recipe in RECIPES]
READY = {"welcome", "birthday", "anniversary", "reengage", "feedback"}
drafting = per_module(sending_customer)


@pytest.fixture(scope="module")
def speakers() -> dict[str, tuple[Customer, RecipeChoices]]:
    customer = Customer.vetted().with_imprint().with_sender()
    english = customer.with_list().with_people(1)
    choices = all_choices(english)
    german = customer.with_list("Nachrichten", language="de").with_people(1, "leser.example")
    return {"en": (english, choices), "de": (german, choices)}


def begun(customer: Customer, key: str, choices: RecipeChoices | None = None) -> Journey:
    """Made from a recipe, finished, and active."""
    journey = from_recipe(customer, key, choices)
    write_over(journey)
    journey.activate()
    return journey


def sent_by_day(journey: Journey, days: list[int], start: datetime | None = None) -> list[list[tuple[int, str]]]:
    """What is planned on each day, counted from `start`, and wasn't before."""
    found, known = [], list[tuple[int, str]]()
    for day in days:
        with clock.frozen_at((start or clock.now()) + timedelta(days=day)):
            journey.advance()
            journey.advance()
        planned = journey.planned()
        found.append([each for each in planned if each not in known])
        known = planned
    return found


def set_values(customer: Customer, contact_id: int, **values: Any) -> None:
    with tenancy.account(customer.account_id):
        row = Contact.objects.get(id=contact_id)
        row.attributes |= values
        row.save(update_fields=["attributes"])


def test_recipes_ask_only_for_what_their_graphs_use() -> None:
    chosen = RecipeChoices(form=7, field="the_day", tag=8)
    blank = {"form": None, "field": "", "tag": None}
    for recipe in RECIPES:
        graph = recipe.graph(chosen)
        lacking = {name: recipe.graph(replace(chosen, **{name: value})) for name, value in blank.items()}
        assert {name for name, other in lacking.items() if other != graph} == {each.value for each in recipe.asks}
        sends = [step["campaign"] for step in graph["steps"] if step["do"] == "send"]
        assert sends == list(recipe_messages(recipe.key, "en")), recipe.key


@pytest.mark.parametrize("key", KEYS)
def test_what_was_not_chosen_is_shown_at_its_step(drafting: Customer, key: str) -> None:
    journey, recipe = from_recipe(drafting, key), find_recipe(key)
    with tenancy.account(drafting.account_id):
        draft = drafts.draft_of(journey.automation_id)
        problems = {problem.step for problem in problems_of(draft)}
    dated = RecipeChoice.DATE_FIELD in recipe.asks
    expected = {ENTRY} if dated or RecipeChoice.TAG in recipe.asks else set()
    if key in ("renewal", "event"):
        expected.add("wait1")
    assert problems == expected


@pytest.mark.slow
@pytest.mark.parametrize(("key", "language"), list(zip(KEYS, cycle(["en", "de"]), strict=False)))
def test_a_recipe_passes_the_gate_once_the_customer_wrote_their_part(
    speakers: dict[str, tuple[Customer, RecipeChoices]], key: str, language: str
) -> None:
    customer, choices = speakers[language]
    journey = from_recipe(customer, key, choices)
    shown = journey.shown_hash()
    with tenancy.account(customer.account_id):
        assert problems_of(drafts.draft_of(journey.automation_id)) == []
    assert {message.language for message in messages(journey)} == {language}
    if key not in READY:
        with tenancy.account(customer.account_id):
            refused = release.activate(journey.automation_id, by=customer.owner, shown_hash=shown, where=WHERE)
        assert not refused.released
        blocked = {found.rule for verdict in refused.verdicts.values() for found in verdict.blocked_by}
        assert blocked == {"R-52"}
        write_over(journey)
    for message in messages(journey):
        assert lint(customer, message) == []
    journey.activate()
    with tenancy.account(customer.account_id):
        steps = compile_graph(graph_of(journey.version()))
    assert [step.key for step in steps if step.kind == Send.kind] == list(recipe_messages(key, language))


def lint(customer: Customer, message: Campaign) -> list[str]:
    """The blocking findings of `mailflatrate lint` about one message, but for a key that no DNS has."""
    with tenancy.account(customer.account_id):
        imprint = newest_imprint()
        assert imprint is not None
        compiled = compile_campaign(message, imprint, edition_id=None, attributes=frozenset())
        raw = sample_message(message, compiled, frozenset(), clock.now())
    verdict = judge_message(message_facts(raw, LintLookups(), now=clock.now()))
    found = [finding for finding in verdict.failures if finding.severity is Severity.BLOCK]
    return [finding.key for finding in found if finding.key != "dkim-holds"]


def test_the_welcome_series_comes_on_days_0_3_and_7(anna: Customer) -> None:
    journey = begun(anna, "welcome")
    dora = journey.contacts()[0]
    journey.arrive(dora)
    expected = [[(dora, "Welcome")], [], [(dora, "What interests you?")], [], [(dora, "Three tips")], []]
    assert sent_by_day(journey, [0, 2, 3, 6, 7, 90]) == expected
    assert journey.at() == {dora: "finished"}


def test_a_monthly_promise_spreads_the_welcome_series(anna: Customer, database: str) -> None:
    promise_monthly(anna, database)
    journey = begun(anna, "welcome")
    dora = journey.contacts()[0]
    journey.arrive(dora)
    found = sent_by_day(journey, [0, 3, 7, 29, 31, 35, 60, 62])
    assert [len(each) for each in found] == [1, 0, 0, 0, 1, 0, 0, 1]


def promise_monthly(customer: Customer, database: str) -> None:
    """Everyone agreed to about one message a month (R-27)."""
    with tenancy.account(customer.account_id), connection.cursor() as cursor:
        cursor.execute("SELECT event_id FROM consent_evidence ORDER BY event_id")
        events = [number for (number,) in cursor.fetchall()]
    beside_triggers(
        "UPDATE consent_evidence SET details = jsonb_build_object('wording', %s::text) WHERE event_id = ANY(%s)",
        ["Yes, Lindenhof may send me tips by email, about once a month.", events],
    )


@pytest.mark.parametrize(
    ("key", "name"), [("birthday", "Birthday greeting"), ("anniversary", "Thank you for another year")]
)
def test_a_yearly_greeting_comes_on_the_day_and_again_a_year_later(anna: Customer, key: str, name: str) -> None:
    journey = begun(anna, key, all_choices(anna))
    dora, other, _nobody = journey.contacts()
    noon = clock.now().replace(hour=12, minute=0)
    day = noon + timedelta(days=3)
    set_values(anna, dora, **{FIELD: f"1980-{day:%m-%d}"})
    set_values(anna, other, **{FIELD: f"1980-{day + timedelta(days=1):%m-%d}"})
    assert sent_by_day(journey, [2, 3, 4, 5, 100], noon) == [[], [(dora, name)], [(other, name)], [], []]
    year = (day.replace(year=day.year + 1) - noon).days if (day.month, day.day) != (2, 29) else 368
    sent_by_day(journey, [year - 1, year], noon)
    assert journey.planned().count((dora, name)) == 2


def test_the_inactive_are_asked_twice_unless_they_react(anna: Customer) -> None:
    journey = begun(anna, "reengage")
    dora, emil, _frieda = journey.contacts()
    limit = clock.now() - timedelta(days=300) + timedelta(hours=1)
    last_active(anna, limit, dora, emil)
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        journey.advance()
        journey.advance()
    assert journey.planned() == [(dora, "Do you want to stay?"), (emil, "Do you want to stay?")]
    last_active(anna, clock.now(), emil)
    assert sent_by_day(journey, [13, 15])[1] == [(dora, "Last question")]
    assert journey.at() == {dora: "finished", emil: "goal"}


def last_active(customer: Customer, at: datetime, *contact_ids: int) -> None:
    rows(customer, Contact).filter(id__in=contact_ids).update(last_activity_at=at)


def test_a_renewal_is_announced_30_and_7_days_before(anna: Customer) -> None:
    journey = begun(anna, "renewal", all_choices(anna))
    dora = journey.contacts()[0]
    noon = clock.now().replace(hour=12, minute=0)
    set_values(anna, dora, **{FIELD: f"{noon + timedelta(days=40):%Y-%m-%d}"})
    expected = [[], [(dora, "Renewal in a month")], [], [(dora, "Renewal in a week")], []]
    assert sent_by_day(journey, [9, 10, 32, 33, 41], noon) == expected


def test_an_invitation_comes_with_the_tag_and_its_reminder_two_days_before(anna: Customer) -> None:
    choices = all_choices(anna)
    journey = begun(anna, "event", choices)
    dora, emil, _frieda = journey.contacts()
    noon = clock.now().replace(hour=12, minute=0)
    set_values(anna, dora, **{FIELD: f"{noon + timedelta(days=20):%Y-%m-%d}"})
    tag(anna, choices.tag, dora, emil)
    journey.advance()
    assert journey.planned() == [(dora, "Invitation"), (emil, "Invitation")]
    assert sent_by_day(journey, [17, 18, 21], noon)[1:] == [[(dora, "Reminder")], []]
    assert journey.at() == {dora: "finished", emil: "no_date"}


def tag(customer: Customer, tag_id: int | None, *contact_ids: int) -> None:
    within(customer, give_tags, contact_ids, [tag_id or 0])


def test_the_question_comes_ten_days_after_the_order_and_again_after_the_next_one(anna: Customer) -> None:
    journey = begun(anna, "feedback", all_choices(anna))
    dora = journey.contacts()[0]
    noon = clock.now().replace(hour=12, minute=0)
    set_values(anna, dora, **{FIELD: f"{noon:%Y-%m-%d}"})
    assert sent_by_day(journey, [9, 10, 11], noon) == [[], [(dora, "How was it?")], []]
    set_values(anna, dora, **{FIELD: f"{noon + timedelta(days=60):%Y-%m-%d}"})
    sent_by_day(journey, [69, 70], noon)
    assert len(journey.planned()) == 2


@pytest.mark.slow
def test_a_course_has_a_lesson_every_two_days(anna: Customer) -> None:
    journey = begun(anna, "course")
    dora = journey.contacts()[0]
    journey.arrive(dora)
    found = sent_by_day(journey, list(range(10)))
    assert [name for day in found for _who, name in day] == [f"Lesson {number}" for number in range(1, 6)]
    assert [len(day) for day in found] == [1, 0] * 5

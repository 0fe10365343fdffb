"""Recipes: eight automations, ready but for a few choices, with messages of `campaigns.recipe_messages`. What is not
chosen is a problem of the draft, shown at its step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mailflatrate.apps.automations.graphs import EMPTY
from mailflatrate.locale.texts import N_

INACTIVE_DAYS: Final = 300
"""Before the year after which contacts count as inactive (R-91), so that the answer comes in time."""
ANSWER_DAYS: Final = 14
_YEAR_DAYS: Final = 300
"""How long after a yearly greeting the next one may follow: less than a year, so that none is missed."""

GraphJson = dict[str, Any]


class RecipeChoice(StrEnum):
    FORM = "form"
    DATE_FIELD = "field"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class RecipeChoices:
    """What was chosen: ids, and the key of a field. None and empty text are not chosen (yet); no form is any form."""

    form: int | None = None
    field: str = ""
    tag: int | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe. `name`, `about`, and the questions of `asks` are message ids."""

    key: str
    name: str
    about: str
    asks: Mapping[RecipeChoice, str]
    graph: Callable[[RecipeChoices], GraphJson]

    def steps(self) -> list[GraphJson]:
        graph_steps: list[GraphJson] = self.graph(RecipeChoices())["steps"]
        return graph_steps


def _send(message: str) -> GraphJson:
    return {"id": message, "do": "send", "campaign": message}


def _wait(key: str, days: int) -> GraphJson:
    return {"id": key, "do": "wait", "for": {"days": days}}


def _until(key: str, field: str, days: int) -> GraphJson:
    return {"id": key, "do": "wait", "date": field, "offset_days": days, "at": "09:00"}


def _on_date(chosen: RecipeChoices, days: int = 0, *, yearly: bool = False) -> GraphJson:
    return {
        "on": "date",
        "field": chosen.field,
        "offset_days": days,
        "yearly": yearly,
        "at": "09:00",
        "zone": "person",
    }


def _again_after(days: int) -> GraphJson:
    return {"mode": "after", "days": days}


def _welcome(chosen: RecipeChoices) -> GraphJson:
    entry = {"on": "confirmed", "form": chosen.form}
    steps = [_send("hello"), _wait("wait1", 3), _send("interests"), _wait("wait2", 4), _send("tips")]
    return {**EMPTY, "entry": entry, "steps": steps}


def _birthday(chosen: RecipeChoices) -> GraphJson:
    # A greeting that comes a day late is worse than none.
    entry, again = _on_date(chosen, yearly=True), _again_after(_YEAR_DAYS)
    return {**EMPTY, "entry": entry, "reentry": again, "late": "end", "steps": [_send("greeting")]}


def _anniversary(chosen: RecipeChoices) -> GraphJson:
    entry, again = _on_date(chosen, yearly=True), _again_after(_YEAR_DAYS)
    return {**EMPTY, "entry": entry, "reentry": again, "late": "end", "steps": [_send("thanks")]}


def _reengage(_chosen: RecipeChoices) -> GraphJson:
    active = {"field": "activity", "op": "within_days", "value": ANSWER_DAYS + 16}
    return {
        **EMPTY,
        "entry": {"on": "inactive", "days": INACTIVE_DAYS},
        "reentry": _again_after(INACTIVE_DAYS),
        "goal": {"if": [active], "then": "end"},
        "steps": [_send("stay"), _wait("wait1", ANSWER_DAYS), _send("last")],
    }


def _renewal(chosen: RecipeChoices) -> GraphJson:
    return {
        **EMPTY,
        "entry": _on_date(chosen, -30),
        "reentry": _again_after(60),
        "late": "end",
        "steps": [_send("early"), _until("wait1", chosen.field, -7), _send("soon")],
    }


def _event(chosen: RecipeChoices) -> GraphJson:
    return {
        **EMPTY,
        "entry": {"on": "tag_added", "tag": chosen.tag},
        "reentry": _again_after(1),
        "late": "end",
        "steps": [_send("invitation"), _until("wait1", chosen.field, -2), _send("reminder")],
    }


def _feedback(chosen: RecipeChoices) -> GraphJson:
    return {**EMPTY, "entry": _on_date(chosen, 10), "reentry": _again_after(30), "steps": [_send("question")]}


def _course(chosen: RecipeChoices) -> GraphJson:
    lessons = ("one", "two", "three", "four", "five")
    steps = [_send(lessons[0])]
    for number, lesson in enumerate(lessons[1:], 1):
        steps += [_wait(f"wait{number}", 2), _send(lesson)]
    return {**EMPTY, "entry": {"on": "confirmed", "form": chosen.form}, "steps": steps}


RECIPES: Final = (
    Recipe(
        "welcome",
        N_("Welcome series"),
        N_("Three messages in the first week after a confirmed sign-up."),
        {RecipeChoice.FORM: N_("After sign-ups by which form?")},
        _welcome,
    ),
    Recipe(
        "birthday",
        N_("Birthday"),
        N_("A greeting on the morning of each person's birthday, in their time zone."),
        {RecipeChoice.DATE_FIELD: N_("Which field holds the birthday?")},
        _birthday,
    ),
    Recipe(
        "anniversary",
        N_("Anniversary"),
        N_("A thank-you each year on the day that someone became a customer or member."),
        {RecipeChoice.DATE_FIELD: N_("Which field holds the day it began?")},
        _anniversary,
    ),
    Recipe(
        "reengage",
        N_("Win-back"),
        N_("Asks twice whether someone inactive for 300 days wants to stay, and ends as soon as they react."),
        {},
        _reengage,
    ),
    Recipe(
        "renewal",
        N_("Renewal reminder"),
        N_("A message 30 days before a date, and a reminder 7 days before it."),
        {RecipeChoice.DATE_FIELD: N_("Which field holds the day of the renewal?")},
        _renewal,
    ),
    Recipe(
        "event",
        N_("Event invitation"),
        N_("An invitation for everyone who gets a tag, and a reminder two days before the date."),
        {
            RecipeChoice.TAG: N_("Which tag invites people?"),
            RecipeChoice.DATE_FIELD: N_("Which field holds the day of the event?"),
        },
        _event,
    ),
    Recipe(
        "feedback",
        N_("Feedback after a purchase"),
        N_("One question, 10 days after the last order."),
        {RecipeChoice.DATE_FIELD: N_("Which field holds the day of the last order?")},
        _feedback,
    ),
    Recipe(
        "course",
        N_("Course by email"),
        N_("Five lessons, one every two days, after a confirmed sign-up. You write the lessons."),
        {RecipeChoice.FORM: N_("After sign-ups by which form?")},
        _course,
    ),
)


def find_recipe(key: str) -> Recipe:
    """Return a recipe. Raises KeyError for an unknown key."""
    return {recipe.key: recipe for recipe in RECIPES}[key]

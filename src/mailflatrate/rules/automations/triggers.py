"""What may start an automation: a row for each kind of entry, with its words and how its settings are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations import graph as g
from mailflatrate.rules.automations.json_object import JsonObject


@dataclass(frozen=True, slots=True)
class TriggerKind:
    """All texts are message ids. `setting`: the field of `Entry` that it depends on; `missing` tells that it is empty;
    `sentence` has %(name)s for it.
    """

    label: str
    read: Callable[[JsonObject], dict[str, Any]]
    setting: str
    missing: str = ""
    sentence: str = ""
    icon: str = "play"


def _id(name: str) -> Callable[[JsonObject], dict[str, Any]]:
    return lambda raw: {name: raw.id(name)}


def _date(raw: JsonObject) -> dict[str, Any]:
    return {
        "field": raw.text("field", 60),
        "offset_days": raw.number("offset_days", -g.MAX_OFFSET_DAYS, g.MAX_OFFSET_DAYS, 0),
        "yearly": raw.truth("yearly"),
        "at": raw.time("at", "09:00"),
        "zone": raw.one_of("zone", g.ZoneOf, g.ZoneOf.PERSON),
    }


TRIGGERS: Mapping[g.EntryKind, TriggerKind] = {
    g.EntryKind.CONFIRMED: TriggerKind(N_("Someone confirms their sign-up"), _id("form"), "form"),
    g.EntryKind.DATE: TriggerKind(
        N_("A date, such as a birthday or a renewal"),
        _date,
        "field",
        N_("Choose the date field that starts the automation."),
        icon="calendar",
    ),
    g.EntryKind.SEGMENT_ENTERED: TriggerKind(
        N_("Someone joins a segment"),
        _id("segment"),
        "segment",
        N_("Choose the segment that starts the automation."),
        N_("Starts when someone joins the segment %(name)s"),
    ),
    g.EntryKind.SEGMENT_LEFT: TriggerKind(
        N_("Someone leaves a segment"),
        _id("segment"),
        "segment",
        N_("Choose the segment that starts the automation."),
        N_("Starts when someone leaves the segment %(name)s"),
    ),
    g.EntryKind.TAG_ADDED: TriggerKind(
        N_("Someone gets a tag"),
        _id("tag"),
        "tag",
        N_("Choose the tag that starts the automation."),
        N_("Starts when someone gets the tag %(name)s"),
    ),
    g.EntryKind.EVENT: TriggerKind(
        N_("An event from your shop or system"),
        lambda raw: {"name": raw.text("name", g.MAX_NAME_CHARACTERS)},
        "name",
        N_("Name the event that starts the automation."),
        N_("Starts with the event %(name)s"),
    ),
    g.EntryKind.CLICKED: TriggerKind(
        N_("Someone clicks a link"),
        lambda raw: {"campaign": raw.id("campaign"), "link": raw.text("link", g.MAX_LINK_CHARACTERS)},
        "campaign",
    ),
    g.EntryKind.INACTIVE: TriggerKind(
        N_("Someone becomes inactive"), lambda raw: {"days": raw.number("days", 1, g.MAX_INACTIVE_DAYS)}, "days"
    ),
}

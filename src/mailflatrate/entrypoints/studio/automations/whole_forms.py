"""Forms of what holds for a whole automation: what starts it, and its rules."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mailflatrate.apps.campaigns.queries import campaigns
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.lists.tags import tags
from mailflatrate.apps.segments.queries import segments
from mailflatrate.apps.tracking.segments import links_of
from mailflatrate.entrypoints.studio.automations.flow_words import LATE_WORDS
from mailflatrate.entrypoints.studio.automations.step_forms import (
    PREFIX,
    Choices,
    StepForm,
    date_fields,
    direction_field,
    event_choices,
    number_field,
    signed_days,
    time_field,
    with_chosen,
    written_time,
)
from mailflatrate.rules.automations import graph as g
from mailflatrate.rules.automations.triggers import TRIGGERS

MOST_CAMPAIGNS = 200


class EntryForm(StepForm):
    shown = {
        g.EntryKind.CONFIRMED: ("form",),
        g.EntryKind.DATE: ("field", "offset", "direction", "yearly", "at", "zone"),
        g.EntryKind.SEGMENT_ENTERED: ("segment",),
        g.EntryKind.SEGMENT_LEFT: ("segment",),
        g.EntryKind.TAG_ADDED: ("tag",),
        g.EntryKind.EVENT: ("event",),
        g.EntryKind.CLICKED: ("campaign", "link"),
        g.EntryKind.INACTIVE: ("days",),
    }
    kind = forms.ChoiceField(
        label=lazy("What starts it"), choices=[(kind.value, lazy(trigger.label)) for kind, trigger in TRIGGERS.items()]
    )
    form = forms.TypedChoiceField(label=lazy("Form"), required=False, coerce=int, empty_value=None)
    field = forms.ChoiceField(label=lazy("Date field"), required=False)
    offset = number_field(lazy("Days"), 0, g.MAX_OFFSET_DAYS, required=False, help_text=lazy("0 is the day itself."))
    direction = direction_field()
    yearly = forms.BooleanField(
        label=lazy("Every year"), required=False, help_text=lazy("For birthdays and anniversaries.")
    )
    at = time_field(lazy("Time"))
    zone = forms.ChoiceField(
        label=lazy("Whose clock"),
        choices=[
            (g.ZoneOf.PERSON.value, lazy("The person's time zone")),
            (g.ZoneOf.ACCOUNT.value, lazy("Your account's time zone")),
        ],
    )
    segment = forms.TypedChoiceField(label=lazy("Segment"), required=False, coerce=int, empty_value=None)
    tag = forms.TypedChoiceField(label=lazy("Tag"), required=False, coerce=int, empty_value=None)
    event = forms.ChoiceField(label=lazy("Event"), required=False)
    campaign = forms.TypedChoiceField(label=lazy("Campaign"), required=False, coerce=int, empty_value=None)
    link = forms.ChoiceField(
        label=lazy("Link"),
        required=False,
        help_text=lazy("We record clicks only for people who agreed to it."),
    )
    days = number_field(lazy("Days without any activity"), 1, g.MAX_INACTIVE_DAYS)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any], list_id: int = 0) -> None:
        super().__init__(data, initial=initial)
        chosen = {name: data.get(f"{PREFIX}-{name}") if data is not None else initial.get(name) for name in self.fields}
        for name in self.fields:
            if name in ("form", "field", "segment", "tag", "event", "campaign", "link"):
                self.fields[name].choices = _choices(name, chosen, list_id)  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(raw: Mapping[str, Any]) -> dict[str, Any]:
        days = raw.get("offset_days", 0)
        return {
            "at": "09:00",
            "zone": g.ZoneOf.PERSON.value,
            "days": 180,
            **raw,
            "kind": raw["on"],
            "event": raw.get("name", ""),
            "offset": abs(days),
            "direction": "after" if days > 0 else "before",
        }

    def parameters(self) -> dict[str, Any]:
        given, kind = self.cleaned_data, g.EntryKind(self.chosen_kind)
        if kind is g.EntryKind.DATE:
            return {
                "on": kind.value,
                "field": given["field"],
                "offset_days": signed_days(given["offset"] or 0, given["direction"]),
                "yearly": given["yearly"],
                "at": written_time(given["at"]),
                "zone": given["zone"],
            }
        if kind is g.EntryKind.EVENT:
            return {"on": kind.value, "name": given["event"]}
        return {"on": kind.value} | {name: given[name] for name in self.shown[kind]}


def _choices(name: str, chosen: Mapping[str, Any], list_id: int) -> Choices:
    now = chosen[name]
    match name:
        case "form":
            rows = Form.objects.filter(mailing_list_id=list_id).order_by("name").values_list("id", "name")
            return [("", _("Any sign-up")), *with_chosen(rows, now)]
        case "field":
            return date_fields(str(now or ""))
        case "segment":
            return [("", _("Choose")), *with_chosen([(row.id, row.name) for row in segments()], now)]
        case "tag":
            return [("", _("Choose")), *with_chosen([(row.id, row.name) for row in tags()], now)]
        case "event":
            return event_choices(str(now or ""))
        case "campaign":
            sent = campaigns().exclude(state="draft").order_by("-id").values_list("id", "name")[:MOST_CAMPAIGNS]
            return [("", _("Any campaign")), *with_chosen(sent, now)]
        case _:
            campaign = str(chosen.get("campaign") or "")
            links = links_of(int(campaign)) if campaign.isascii() and campaign.isdecimal() else []
            urls = dict.fromkeys([*links, *([str(now)] if now else [])])
            return [("", _("Any link")), *((link, link) for link in urls)]


class RulesForm(StepForm):
    reentry = forms.ChoiceField(
        label=lazy("Going through it again"),
        choices=[
            (g.ReentryMode.NEVER.value, lazy("Each person goes through it once")),
            (g.ReentryMode.AFTER.value, lazy("Again after some days")),
            (g.ReentryMode.ALWAYS.value, lazy("Again at any time")),
        ],
    )
    reentry_days = number_field(
        lazy("After how many days"),
        0,
        g.MAX_INACTIVE_DAYS,
        required=False,
        help_text=lazy("For “again after some days”."),
    )
    late = forms.ChoiceField(
        label=lazy("If a step is more than a day late"),
        choices=[(rule.value, LATE_WORDS[rule]) for rule in g.LateRule],
        help_text=lazy("After an outage, or after you paused the automation."),
    )
    cap_per_week = number_field(
        lazy("Messages a week at most"),
        1,
        g.MAX_CAP_PER_WEEK,
        required=False,
        help_text=lazy(
            "To each person, counting all automations. Empty: only what people agreed to when they signed up."
        ),
    )
    quiet_start = time_field(lazy("No messages from"), required=False)
    quiet_end = time_field(
        lazy("until"),
        required=False,
        help_text=lazy("In each person's time zone, for example from 21:00 until 8:00. Messages wait until then."),
    )

    @staticmethod
    def initial_of(graph: Mapping[str, Any]) -> dict[str, Any]:
        reentry, quiet = graph.get("reentry") or {}, graph.get("quiet") or {}
        return {
            "reentry": reentry.get("mode", g.ReentryMode.NEVER.value),
            "reentry_days": reentry.get("days") or None,
            "late": graph.get("late", g.LateRule.SEND.value),
            "cap_per_week": graph.get("cap_per_week"),
            "quiet_start": quiet.get("from"),
            "quiet_end": quiet.get("to"),
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("reentry") == g.ReentryMode.AFTER and not given.get("reentry_days"):
            self.add_error("reentry_days", _("Enter a number of days."))
        if bool(given.get("quiet_start")) != bool(given.get("quiet_end")):
            missing = "quiet_end" if given.get("quiet_start") else "quiet_start"
            self.add_error(missing, _("Enter both times, or neither."))
        return given

    def parameters(self) -> dict[str, Any]:
        given = self.cleaned_data
        quiet = given["quiet_start"] and {
            "from": written_time(given["quiet_start"]),
            "to": written_time(given["quiet_end"]),
        }
        after = given["reentry"] == g.ReentryMode.AFTER
        return {
            "reentry": {"mode": given["reentry"], "days": given["reentry_days"] if after else 0},
            "late": given["late"],
            "cap_per_week": given["cap_per_week"],
            "quiet": quiet or None,
        }

"""Forms of the side panels: each shows the settings of one kind of step, and returns them as the graph stores them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import time
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mailflatrate.apps.accounts.queries import members
from mailflatrate.apps.automations.models import Automation, AutomationState
from mailflatrate.apps.events.queries import endpoints
from mailflatrate.apps.lists.events import event_types
from mailflatrate.apps.lists.fields import fields as contact_fields
from mailflatrate.apps.lists.tags import tags
from mailflatrate.rules.automations import graph as g
from mailflatrate.rules.automations.step import MAX_TEXT_CHARACTERS, Step
from mailflatrate.rules.automations.steps import MAX_WAIT_DAYS, WaitKind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PREFIX = "step"
Choices = list[tuple[Any, Any]]
_CHOOSE: tuple[str, "StrOrPromise"] = ("", lazy("Choose"))
_AFTER, _BEFORE = "after", "before"


class TimeInput(forms.TimeInput):
    input_type = "time"


class StepForm(forms.Form):
    """The settings of one step. `shown` names the fields of each choice of the field `kind`, if it has one."""

    shown: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=dict(initial), prefix=PREFIX)
        if self.shown:
            kinds = list(self.shown)
            asked = data.get(f"{PREFIX}-kind") if data is not None else initial.get("kind")
            self.chosen_kind = str(asked) if str(asked) in kinds else kinds[0]
            for name in set(self.fields) - {"kind", *self.shown[self.chosen_kind]}:
                del self.fields[name]

    def rest(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "kind"]

    def parameters(self) -> dict[str, Any]:
        raise NotImplementedError


def number_field(
    label: "StrOrPromise", least: int, most: int, *, required: bool = True, help_text: "StrOrPromise" = ""
) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, required=required, help_text=help_text)


def time_field(label: "StrOrPromise", *, required: bool = True, help_text: "StrOrPromise" = "") -> forms.TimeField:
    widget = TimeInput(format="%H:%M")
    formats = ["%H:%M", "%H:%M:%S"]
    return forms.TimeField(label=label, input_formats=formats, widget=widget, required=required, help_text=help_text)


def written_time(value: time) -> str:
    return value.strftime("%H:%M")


def date_fields(chosen: str) -> Choices:
    dates = [(row.key, row.label) for row in contact_fields() if row.kind.is_date]
    return [_CHOOSE, *with_chosen(dates, chosen)]


def with_chosen(choices: Iterable[tuple[Any, Any]], chosen: Any) -> Choices:
    options = list(choices)
    if chosen not in (None, "") and str(chosen) not in {str(value) for value, _name in options}:
        options.append((chosen, _("(deleted)")))
    return options


def signed_days(days: int, direction: str) -> int:
    """Return a distance in days, below zero for days before a date."""
    return -days if direction == _BEFORE else days


def direction_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=lazy("Before or after"), choices=[(_BEFORE, lazy("before the date")), (_AFTER, lazy("after the date"))]
    )


class MessageForm(StepForm):
    name = forms.CharField(
        label=lazy("Name"),
        max_length=g.MAX_NAME_CHARACTERS,
        help_text=lazy("Only you and your colleagues see the name."),
    )


class WaitForm(StepForm):
    shown = {
        WaitKind.FOR: ("days", "hours", "minutes"),
        WaitKind.UNTIL: ("weekday", "at"),
        WaitKind.DATE: ("field", "offset", "direction", "at"),
        WaitKind.EVENT: ("event", "most"),
    }
    kind = forms.ChoiceField(
        label=lazy("Wait"),
        choices=[
            (WaitKind.FOR.value, lazy("for a time")),
            (WaitKind.UNTIL.value, lazy("until a time of day")),
            (WaitKind.DATE.value, lazy("until a date of the person")),
            (WaitKind.EVENT.value, lazy("for an event")),
        ],
    )
    days = number_field(lazy("Days"), 0, MAX_WAIT_DAYS, required=False)
    hours = number_field(lazy("Hours"), 0, 24 * 60, required=False)
    minutes = number_field(lazy("Minutes"), 0, 60 * 24 * 7, required=False)
    weekday = forms.ChoiceField(label=lazy("Day"), required=False)
    field = forms.ChoiceField(label=lazy("Date field"), required=False)
    offset = number_field(lazy("Days"), 0, g.MAX_OFFSET_DAYS, required=False, help_text=lazy("0 is the day itself."))
    direction = direction_field()
    at = time_field(lazy("Time"))
    event = forms.ChoiceField(label=lazy("Event"), required=False)
    most = number_field(lazy("Days at most"), 1, MAX_WAIT_DAYS)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=initial)
        if "weekday" in self.fields:
            days = [(str(number), name) for number, name in WEEKDAYS.items()]
            self.fields["weekday"].choices = [("", _("the next day it's that time")), *days]  # type: ignore[attr-defined]
        if "field" in self.fields:
            self.fields["field"].choices = date_fields(initial.get("field", ""))  # type: ignore[attr-defined]
        if "event" in self.fields:
            self.fields["event"].choices = event_choices(initial.get("event", ""))  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(raw: Mapping[str, Any]) -> dict[str, Any]:
        initial: dict[str, Any] = {"at": "09:00", "most": 7, "offset": 0, "direction": _BEFORE}
        if "for" in raw:
            return {**initial, "kind": WaitKind.FOR, **raw["for"]}
        if "until" in raw:
            weekday = raw["until"].get("weekday")
            at = raw["until"].get("at", "09:00")
            return initial | {"kind": WaitKind.UNTIL, "weekday": "" if weekday is None else str(weekday), "at": at}
        if "date" in raw:
            days = raw.get("offset_days", 0)
            side = {"offset": abs(days), "direction": _AFTER if days > 0 else _BEFORE}
            return initial | {"kind": WaitKind.DATE, "field": raw["date"], "at": raw.get("at", "09:00")} | side
        if "event" in raw:
            return initial | {"kind": WaitKind.EVENT, "event": raw["event"], "most": raw.get("at_most_days", 7)}
        return initial | {"kind": WaitKind.FOR}

    def parameters(self) -> dict[str, Any]:
        given = self.cleaned_data
        match WaitKind(self.chosen_kind):
            case WaitKind.FOR:
                return {"for": {name: given[name] or 0 for name in ("days", "hours", "minutes")}}
            case WaitKind.UNTIL:
                weekday = int(given["weekday"]) if given["weekday"] else None
                return {"until": {"weekday": weekday, "at": written_time(given["at"])}}
            case WaitKind.DATE:
                days = signed_days(given["offset"] or 0, given["direction"])
                return {"date": given["field"], "offset_days": days, "at": written_time(given["at"])}
            case WaitKind.EVENT:
                return {"event": given["event"], "at_most_days": given["most"]}


def event_choices(chosen: str) -> Choices:
    names = [row.name for row in event_types()]
    return [_CHOOSE, *((name, name) for name in dict.fromkeys([*names, *([chosen] if chosen else [])]))]


class DeclaredForm(StepForm):
    """The declared settings of a kind of step; `here` is the automation that it is in."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any], step: type[Step], here: int
    ) -> None:
        super().__init__(data, initial=initial)
        for name, setting in step.settings().items():
            if setting.names:
                choices = [_CHOOSE, *with_chosen(_OFFERED[setting.names](here), initial.get(name))]
                self.fields[name] = forms.TypedChoiceField(
                    label=_(setting.label), required=False, coerce=int, empty_value=None, choices=choices
                )
            else:
                text = forms.Textarea(attrs={"rows": 4})
                self.fields[name] = forms.CharField(
                    label=_(setting.label), required=False, max_length=MAX_TEXT_CHARACTERS, widget=text
                )

    def parameters(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


def _other_automations(here: int) -> Iterable[tuple[Any, Any]]:
    others = Automation.objects.exclude(state=AutomationState.ENDED).exclude(id=here).order_by("name")
    return others.values_list("id", "name")


_OFFERED: Mapping[str, Callable[[int], Iterable[tuple[Any, Any]]]] = {
    "tag": lambda _here: [(row.id, row.name) for row in tags()],
    "user": lambda _here: [(row.user_id, str(row.user)) for row in members().filter(user__is_active=True)],
    "endpoint": lambda _here: [(row.id, row.about or row.url) for row in endpoints()],
    "automation": _other_automations,
}

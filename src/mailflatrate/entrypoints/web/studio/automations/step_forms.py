"""Forms of the side panels: each shows the settings of one kind of step, and returns them as the graph stores them."""

from collections.abc import Iterable, Mapping
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

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PREFIX = "step"
Choices = list[tuple[Any, Any]]
_CHOOSE: tuple[str, "StrOrPromise"] = ("", lazy("Choose"))
_AFTER, _BEFORE = "after", "before"


class TimeInput(forms.TimeInput):
    """The browser's own input for a time of day."""

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
        """Return the fields besides `kind`."""
        return [self[name] for name in self.fields if name != "kind"]

    def parameters(self) -> dict[str, Any]:
        """Return what the graph stores of a valid form."""
        raise NotImplementedError


def number_field(
    label: "StrOrPromise", least: int, most: int, *, required: bool = True, help_text: "StrOrPromise" = ""
) -> forms.IntegerField:
    """Return a field for a whole number within its limits."""
    return forms.IntegerField(label=label, min_value=least, max_value=most, required=required, help_text=help_text)


def time_field(label: "StrOrPromise", *, required: bool = True, help_text: "StrOrPromise" = "") -> forms.TimeField:
    """Return a field for a time of day to the minute."""
    shown = TimeInput(format="%H:%M")
    formats = ["%H:%M", "%H:%M:%S"]
    return forms.TimeField(label=label, input_formats=formats, widget=shown, required=required, help_text=help_text)


def written_time(value: time) -> str:
    """Return a time of day as the graph stores it."""
    return value.strftime("%H:%M")


def date_fields(chosen: str) -> Choices:
    """Return the account's date fields as choices, and the chosen one even if it is archived."""
    dates = [(row.key, row.label) for row in contact_fields() if row.kind.is_date]
    return [_CHOOSE, *with_chosen(dates, chosen)]


def with_chosen(choices: Iterable[tuple[Any, Any]], chosen: Any) -> Choices:
    """Return choices, and the chosen one even if it is no longer offered."""
    found = list(choices)
    if chosen not in (None, "") and str(chosen) not in {str(value) for value, _name in found}:
        found.append((chosen, _("(deleted)")))
    return found


def signed_days(days: int, direction: str) -> int:
    """Return a distance in days, below zero for days before a date."""
    return -days if direction == _BEFORE else days


def direction_field() -> forms.ChoiceField:
    """Return the choice between days before and after a date."""
    return forms.ChoiceField(
        label=lazy("Before or after"), choices=[(_BEFORE, lazy("before the date")), (_AFTER, lazy("after the date"))]
    )


class MessageForm(StepForm):
    """The name of a message, which only colleagues see."""

    name = forms.CharField(
        label=lazy("Name"),
        max_length=g.MAX_NAME_CHARACTERS,
        help_text=lazy("Only you and your colleagues see the name."),
    )


class WaitForm(StepForm):
    """How long a step waits, or until when."""

    shown = {
        g.WaitKind.FOR: ("days", "hours", "minutes"),
        g.WaitKind.UNTIL: ("weekday", "at"),
        g.WaitKind.DATE: ("field", "offset", "direction", "at"),
        g.WaitKind.EVENT: ("event", "most"),
    }
    kind = forms.ChoiceField(
        label=lazy("Wait"),
        choices=[
            (g.WaitKind.FOR.value, lazy("for a time")),
            (g.WaitKind.UNTIL.value, lazy("until a time of day")),
            (g.WaitKind.DATE.value, lazy("until a date of the person")),
            (g.WaitKind.EVENT.value, lazy("for an event")),
        ],
    )
    days = number_field(lazy("Days"), 0, g.MAX_WAIT_DAYS, required=False)
    hours = number_field(lazy("Hours"), 0, 24 * 60, required=False)
    minutes = number_field(lazy("Minutes"), 0, 60 * 24 * 7, required=False)
    weekday = forms.ChoiceField(label=lazy("Day"), required=False)
    field = forms.ChoiceField(label=lazy("Date field"), required=False)
    offset = number_field(lazy("Days"), 0, g.MAX_OFFSET_DAYS, required=False, help_text=lazy("0 is the day itself."))
    direction = direction_field()
    at = time_field(lazy("Time"))
    event = forms.ChoiceField(label=lazy("Event"), required=False)
    most = number_field(lazy("Days at most"), 1, g.MAX_WAIT_DAYS)

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
        """Return the values of a stored step."""
        found: dict[str, Any] = {"at": "09:00", "most": 7, "offset": 0, "direction": _BEFORE}
        if "for" in raw:
            return {**found, "kind": g.WaitKind.FOR, **raw["for"]}
        if "until" in raw:
            weekday = raw["until"].get("weekday")
            at = raw["until"].get("at", "09:00")
            return found | {"kind": g.WaitKind.UNTIL, "weekday": "" if weekday is None else str(weekday), "at": at}
        if "date" in raw:
            days = raw.get("offset_days", 0)
            side = {"offset": abs(days), "direction": _AFTER if days > 0 else _BEFORE}
            return found | {"kind": g.WaitKind.DATE, "field": raw["date"], "at": raw.get("at", "09:00")} | side
        if "event" in raw:
            return found | {"kind": g.WaitKind.EVENT, "event": raw["event"], "most": raw.get("at_most_days", 7)}
        return found | {"kind": g.WaitKind.FOR}

    def parameters(self) -> dict[str, Any]:
        """Return the wait as the graph stores it."""
        given = self.cleaned_data
        match g.WaitKind(self.chosen_kind):
            case g.WaitKind.FOR:
                return {"for": {name: given[name] or 0 for name in ("days", "hours", "minutes")}}
            case g.WaitKind.UNTIL:
                weekday = int(given["weekday"]) if given["weekday"] else None
                return {"until": {"weekday": weekday, "at": written_time(given["at"])}}
            case g.WaitKind.DATE:
                days = signed_days(given["offset"] or 0, given["direction"])
                return {"date": given["field"], "offset_days": days, "at": written_time(given["at"])}
            case g.WaitKind.EVENT:
                return {"event": given["event"], "at_most_days": given["most"]}


def event_choices(chosen: str) -> Choices:
    """Return the events that the account has had as choices, and the chosen one even if there is none any longer."""
    names = [row.name for row in event_types()]
    return [_CHOOSE, *((name, name) for name in dict.fromkeys([*names, *([chosen] if chosen else [])]))]


class StepTagForm(StepForm):
    """The tag that a step adds or removes."""

    tag = forms.TypedChoiceField(label=lazy("Tag"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=initial)
        known = with_chosen([(row.id, row.name) for row in tags()], initial.get("tag"))
        self.fields["tag"].choices = [_CHOOSE, *known]  # type: ignore[attr-defined]

    def parameters(self) -> dict[str, Any]:
        """Return the tag's ID."""
        return {"tag": self.cleaned_data["tag"]}


class NotifyForm(StepForm):
    """The colleague that a step notifies, and what they read."""

    user = forms.TypedChoiceField(label=lazy("Colleague"), required=False, coerce=int, empty_value=None)
    text = forms.CharField(
        label=lazy("What they should read"),
        required=False,
        max_length=g.MAX_TEXT_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=initial)
        people = [(row.user_id, str(row.user)) for row in members().filter(user__is_active=True)]
        self.fields["user"].choices = [_CHOOSE, *with_chosen(people, initial.get("user"))]  # type: ignore[attr-defined]

    def parameters(self) -> dict[str, Any]:
        """Return the colleague's ID and the text."""
        return {"user": self.cleaned_data["user"], "text": self.cleaned_data["text"]}


class WebhookForm(StepForm):
    """The webhook that a step calls."""

    endpoint = forms.TypedChoiceField(label=lazy("Webhook"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=initial)
        known = [(row.id, row.about or row.url) for row in endpoints()]
        offered = [_CHOOSE, *with_chosen(known, initial.get("endpoint"))]
        self.fields["endpoint"].choices = offered  # type: ignore[attr-defined]

    def parameters(self) -> dict[str, Any]:
        """Return the webhook's ID."""
        return {"endpoint": self.cleaned_data["endpoint"]}


class GoToForm(StepForm):
    """The automation in which people continue; `here` is the one they leave."""

    automation = forms.TypedChoiceField(label=lazy("Automation"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any], here: int = 0) -> None:
        super().__init__(data, initial=initial)
        others = Automation.objects.exclude(state=AutomationState.ENDED).exclude(id=here).order_by("name")
        known = with_chosen(others.values_list("id", "name"), initial.get("automation"))
        self.fields["automation"].choices = [_CHOOSE, *known]  # type: ignore[attr-defined]

    def parameters(self) -> dict[str, Any]:
        """Return the automation's ID."""
        return {"automation": self.cleaned_data["automation"]}

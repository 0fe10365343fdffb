"""JSON -> graph. Nothing gets through that isn't described in `graph`: unknown keys and wrong types are refused.

What it takes is bounded in depth, number and length before it is looked at. What is merely unfinished, such as a
message that isn't chosen yet, is read; `problems` names it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations import graph as g

E = TypeVar("E", bound=StrEnum)

STEP_ID = re.compile(r"[a-z0-9]{1,12}")
TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_LARGEST_ID = 2**63 - 1
_MAX_LISTED = 200


class GraphRefused(ValueError):
    """A graph has the wrong shape. `message` is a message id, `step` the step it belongs to; empty: the whole."""

    def __init__(self, message: str, step: str = "", **params: str | int) -> None:
        super().__init__(message.format(**params))
        self.message, self.step, self.params = message, step, params


_SHAPE = N_("The automation can't be read: “{key}” has a value that isn't allowed here.")
_UNKNOWN = N_("The automation can't be read: “{key}” isn't known here.")


class _Object:
    """A JSON object whose keys are taken one by one; what is left over is refused."""

    def __init__(self, raw: Any, step: str, name: str) -> None:
        if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
            raise GraphRefused(_SHAPE, step, key=name)
        self._raw, self._step = dict(raw), step

    def refuse(self, key: str) -> GraphRefused:
        return GraphRefused(_SHAPE, self._step, key=key)

    def take(self, key: str, default: Any = None) -> Any:
        return self._raw.pop(key, default)

    def has(self, key: str) -> bool:
        return key in self._raw

    def end(self) -> None:
        for key in self._raw:
            raise GraphRefused(_UNKNOWN, self._step, key=key[:40])

    def text(self, key: str, most: int, default: str = "") -> str:
        value = self.take(key, default)
        value = default if value is None else value
        if not isinstance(value, str) or len(value) > most or "\0" in value:
            raise self.refuse(key)
        return value

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refuse(key)
        return value

    def id(self, key: str) -> int | None:
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
            raise self.refuse(key)
        return value

    def truth(self, key: str) -> bool:
        value = self.take(key, False)
        if not isinstance(value, bool):
            raise self.refuse(key)
        return value

    def time(self, key: str, default: str | None = None) -> str:
        value = self.take(key, default)
        if not isinstance(value, str) or not TIME.fullmatch(value):
            raise self.refuse(key)
        return value

    def one_of(self, key: str, kind: type[E], default: E | None = None) -> E:
        value = self.take(key, default)
        try:
            return kind(value)
        except ValueError:
            raise self.refuse(key) from None

    def listed(self, key: str) -> list[Any]:
        value = self.take(key, [])
        if not isinstance(value, list) or len(value) > _MAX_LISTED:
            raise self.refuse(key)
        return value

    def condition(self, key: str) -> g.Condition | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, Mapping | list) or len(_dumped(value, self, key)) > g.MAX_CONDITION_CHARACTERS:
            raise self.refuse(key)
        return value


def _dumped(value: Any, within: _Object, key: str) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise within.refuse(key) from None


def read_graph(raw: Any) -> g.Graph:
    """Return a graph from its JSON. Raises GraphRefused."""
    whole = _Object(raw, "", "graph")
    goal_raw, quiet_raw, cap = whole.take("goal"), whole.take("quiet"), whole.take("cap_per_week")
    if cap is not None and (isinstance(cap, bool) or not isinstance(cap, int) or not 0 < cap <= g.MAX_CAP_PER_WEEK):
        raise whole.refuse("cap_per_week")
    reader = _StepReader()
    found = g.Graph(
        entry=_entry(_Object(whole.take("entry"), "", "entry")),
        reentry=_reentry(_Object(whole.take("reentry", {}), "", "reentry")),
        goal=_goal(_Object(goal_raw, "", "goal")) if goal_raw is not None else None,
        late=whole.one_of("late", g.LateRule, g.LateRule.SEND),
        cap_per_week=cap,
        quiet=_quiet(_Object(quiet_raw, "", "quiet")) if quiet_raw is not None else None,
        steps=reader.steps(whole.listed("steps"), depth=0),
    )
    whole.end()
    return found


def _entry(raw: _Object) -> g.Entry:
    on = raw.one_of("on", g.EntryKind)
    found = _ENTRIES[on](raw)
    raw.end()
    return g.Entry(on, **found)


def _date_entry(raw: _Object) -> dict[str, Any]:
    return {
        "field": raw.text("field", 60),
        "offset_days": raw.number("offset_days", -g.MAX_OFFSET_DAYS, g.MAX_OFFSET_DAYS, 0),
        "yearly": raw.truth("yearly"),
        "at": raw.time("at", "09:00"),
        "zone": raw.one_of("zone", g.ZoneOf, g.ZoneOf.PERSON),
    }


_ENTRIES: dict[g.EntryKind, Callable[[_Object], dict[str, Any]]] = {
    g.EntryKind.CONFIRMED: lambda raw: {"form": raw.id("form")},
    g.EntryKind.DATE: _date_entry,
    g.EntryKind.SEGMENT_ENTERED: lambda raw: {"segment": raw.id("segment")},
    g.EntryKind.SEGMENT_LEFT: lambda raw: {"segment": raw.id("segment")},
    g.EntryKind.TAG_ADDED: lambda raw: {"tag": raw.id("tag")},
    g.EntryKind.EVENT: lambda raw: {"name": raw.text("name", g.MAX_NAME_CHARACTERS)},
    g.EntryKind.CLICKED: lambda raw: {
        "campaign": raw.id("campaign"),
        "link": raw.text("link", g.MAX_LINK_CHARACTERS),
    },
    g.EntryKind.INACTIVE: lambda raw: {"days": raw.number("days", 1, g.MAX_INACTIVE_DAYS)},
}


def _reentry(raw: _Object) -> g.Reentry:
    found = g.Reentry(
        raw.one_of("mode", g.ReentryMode, g.ReentryMode.NEVER), raw.number("days", 0, g.MAX_INACTIVE_DAYS, 0)
    )
    raw.end()
    return found


def _goal(raw: _Object) -> g.Goal:
    condition = raw.condition("if")
    then = raw.text("then", 12, "end")
    raw.end()
    return g.Goal([] if condition is None else condition, then)


def _quiet(raw: _Object) -> g.NoMailHours:
    found = g.NoMailHours(raw.time("from"), raw.time("to"))
    raw.end()
    return found


class _StepReader:
    """Reads the steps of one graph, counts them, and lets each id appear once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def steps(self, raw: list[Any], depth: int) -> tuple[g.Step, ...]:
        return tuple(self._step(each, depth) for each in raw)

    def _step(self, raw: Any, depth: int) -> g.Step:
        first = _Object(raw, "", "steps")
        key = first.take("id")
        if not isinstance(key, str) or not STEP_ID.fullmatch(key) or key == "end":
            raise GraphRefused(_SHAPE, key="id")
        if key in self._seen:
            raise GraphRefused(N_("Two steps have the same id."), key)
        self._seen.add(key)
        if len(self._seen) > g.MAX_STEPS:
            raise GraphRefused(N_("An automation can have up to {limit} steps."), key, limit=g.MAX_STEPS)
        if depth > g.MAX_DEPTH:
            raise GraphRefused(N_("Branches can be nested up to {limit} deep."), key, limit=g.MAX_DEPTH)
        rest = _Object({name: value for name, value in raw.items() if name != "id"}, key, "steps")
        do = rest.one_of("do", g.StepKind)
        found = self._parameters(do, rest, key, depth)
        rest.end()
        return g.Step(key, do, **found)

    def _parameters(self, do: g.StepKind, raw: _Object, key: str, depth: int) -> dict[str, Any]:
        if do is g.StepKind.BRANCH:
            return {
                "condition": raw.condition("if"),
                "then": self.steps(raw.listed("then"), depth + 1),
                "otherwise": self.steps(raw.listed("else"), depth + 1),
            }
        if do is g.StepKind.SPLIT:
            arms = raw.listed("arms")
            if not 2 <= len(arms) <= g.MAX_ARMS:
                raise raw.refuse("arms")
            return {"arms": tuple(self._arm(_Object(arm, key, "arms"), depth) for arm in arms)}
        return _PARAMETERS[do](raw)

    def _arm(self, raw: _Object, depth: int) -> g.Arm:
        arm = g.Arm(raw.number("share", 1, 99), self.steps(raw.listed("steps"), depth + 1))
        raw.end()
        return arm


def _wait(raw: _Object) -> dict[str, Any]:
    found: dict[str, Any]
    if raw.has("for"):
        spans = _Object(raw.take("for"), raw._step, "for")
        # At least one of the spans is named; a wait of no time at all is a problem, not a shape.
        found = {"kind": g.WaitKind.FOR} | {
            name: spans.number(name, 0, most, 0)
            for name, most in (("minutes", 60 * 24 * 7), ("hours", 24 * 60), ("days", g.MAX_WAIT_DAYS))
        }
        spans.end()
    elif raw.has("until"):
        until = _Object(raw.take("until"), raw._step, "until")
        weekday = until.take("weekday")
        if weekday is not None and (isinstance(weekday, bool) or weekday not in range(7)):
            raise until.refuse("weekday")
        found = {"kind": g.WaitKind.UNTIL, "weekday": weekday, "at": until.time("at", "09:00")}
        until.end()
    elif raw.has("date"):
        found = {
            "kind": g.WaitKind.DATE,
            "field": raw.text("date", 60),
            "days": raw.number("offset_days", -g.MAX_OFFSET_DAYS, g.MAX_OFFSET_DAYS, 0),
            "at": raw.time("at", "09:00"),
        }
    elif raw.has("event"):
        found = {
            "kind": g.WaitKind.EVENT,
            "event": raw.text("event", g.MAX_NAME_CHARACTERS),
            "days": raw.number("at_most_days", 1, g.MAX_WAIT_DAYS),
        }
    else:
        return {"wait": None}
    return {"wait": g.WaitRule(**found)}


def _value(raw: _Object) -> Any:
    value = raw.take("value")
    plain = value is None or isinstance(value, str | int | float | bool)
    several = isinstance(value, list) and len(value) <= _MAX_LISTED and all(isinstance(each, str) for each in value)
    if not (plain or several) or len(_dumped(value, raw, "value")) > 4 * g.MAX_TEXT_CHARACTERS:
        raise raw.refuse("value")
    return value


_PARAMETERS: dict[g.StepKind, Callable[[_Object], dict[str, Any]]] = {
    g.StepKind.SEND: lambda raw: {"campaign": raw.id("campaign")},
    g.StepKind.WAIT: _wait,
    g.StepKind.SET_FIELD: lambda raw: {"field": raw.text("field", 60), "value": _value(raw)},
    g.StepKind.ADD_TAG: lambda raw: {"tag": raw.id("tag")},
    g.StepKind.REMOVE_TAG: lambda raw: {"tag": raw.id("tag")},
    g.StepKind.NOTIFY: lambda raw: {"user": raw.id("user"), "text": raw.text("text", g.MAX_TEXT_CHARACTERS)},
    g.StepKind.WEBHOOK: lambda raw: {"endpoint": raw.id("endpoint")},
    g.StepKind.GO_TO: lambda raw: {"automation": raw.id("automation")},
    g.StepKind.END: lambda raw: {},
}

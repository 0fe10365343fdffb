"""JSON -> graph. Only what `graph` or a kind of step describes gets through; what is merely unfinished is read."""

import re
from typing import Any

from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations import graph as g
from mailflatrate.rules.automations.json_object import SHAPE, GraphRefused, JsonObject
from mailflatrate.rules.automations.step import Step
from mailflatrate.rules.automations.steps import STEP_KINDS
from mailflatrate.rules.automations.triggers import TRIGGERS

STEP_ID = re.compile(r"[a-z0-9]{1,12}")


def read_graph(raw: Any) -> g.Graph:
    whole = JsonObject(raw, "", "graph")
    goal_raw, quiet_raw, cap = whole.take("goal"), whole.take("quiet"), whole.take("cap_per_week")
    if cap is not None and (isinstance(cap, bool) or not isinstance(cap, int) or not 0 < cap <= g.MAX_CAP_PER_WEEK):
        raise whole.refuse("cap_per_week")
    reader = _StepReader()
    graph = g.Graph(
        entry=_entry(JsonObject(whole.take("entry"), "", "entry")),
        reentry=_reentry(JsonObject(whole.take("reentry", {}), "", "reentry")),
        goal=_goal(JsonObject(goal_raw, "", "goal")) if goal_raw is not None else None,
        late=whole.one_of("late", g.LateRule, g.LateRule.SEND),
        cap_per_week=cap,
        quiet=_quiet(JsonObject(quiet_raw, "", "quiet")) if quiet_raw is not None else None,
        steps=reader.steps(whole.listed("steps"), depth=0),
    )
    whole.end()
    return graph


def _entry(raw: JsonObject) -> g.Entry:
    on = raw.one_of("on", g.EntryKind)
    parameters = TRIGGERS[on].read(raw)
    raw.end()
    return g.Entry(on, **parameters)


def _reentry(raw: JsonObject) -> g.Reentry:
    reentry = g.Reentry(
        raw.one_of("mode", g.ReentryMode, g.ReentryMode.NEVER), raw.number("days", 0, g.MAX_INACTIVE_DAYS, 0)
    )
    raw.end()
    return reentry


def _goal(raw: JsonObject) -> g.Goal:
    condition = raw.condition("if")
    then = raw.text("then", 12, "end")
    raw.end()
    return g.Goal([] if condition is None else condition, then)


def _quiet(raw: JsonObject) -> g.NoMailHours:
    hours = g.NoMailHours(raw.time("from"), raw.time("to"))
    raw.end()
    return hours


class _StepReader:
    """Reads the steps of one graph, counts them, and lets each id appear once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def steps(self, raw: list[Any], depth: int) -> tuple[Step, ...]:
        return tuple(self._step(step, depth) for step in raw)

    def _step(self, raw: Any, depth: int) -> Step:
        first = JsonObject(raw, "", "steps")
        key = first.take("id")
        if not isinstance(key, str) or not STEP_ID.fullmatch(key) or key == "end":
            raise GraphRefused(SHAPE, key="id")
        if key in self._seen:
            raise GraphRefused(N_("Two steps have the same id."), key)
        self._seen.add(key)
        if len(self._seen) > g.MAX_STEPS:
            raise GraphRefused(N_("An automation can have up to {limit} steps."), key, limit=g.MAX_STEPS)
        if depth > g.MAX_DEPTH:
            raise GraphRefused(N_("Branches can be nested up to {limit} deep."), key, limit=g.MAX_DEPTH)
        rest = JsonObject({name: value for name, value in raw.items() if name != "id"}, key, "steps")
        do = rest.take("do")
        if do not in STEP_KINDS:
            raise rest.refuse("do")
        step = STEP_KINDS[do].read(key, rest, lambda nested: self.steps(nested, depth + 1))
        rest.end()
        return step

"""Side panels: the settings of one step, of the entry, the goal or the rules, as stored and as posted."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.fields import fields as contact_fields
from mailflatrate.apps.segments.conditions.checks import check_segment
from mailflatrate.apps.segments.conditions.tree import stored_form
from mailflatrate.apps.segments.limits import refuse_beyond_limit
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.audience.field_inputs import PREFIX as FIELD_PREFIX
from mailflatrate.entrypoints.studio.audience.field_inputs import contact_input
from mailflatrate.entrypoints.studio.audience.segments.segment_builder import builder, changed_tree, posted_tree
from mailflatrate.entrypoints.studio.automations.flow import WHOLE_ID, Flow, FlowRow
from mailflatrate.entrypoints.studio.automations.step_forms import (
    Choices,
    DeclaredForm,
    MessageForm,
    StepForm,
    WaitForm,
    with_chosen,
)
from mailflatrate.entrypoints.studio.automations.whole_forms import EntryForm, RulesForm
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.rules.automations.editing import StepGone, change_step, find_step
from mailflatrate.rules.automations.problems import ENTRY, GOAL
from mailflatrate.rules.automations.step import Step
from mailflatrate.rules.automations.steps import MAX_ARMS, STEP_KINDS, Branch, Send, SetField, Split, Wait

FIRST_CONDITION = {"match": "all", "items": [{"field": "tag", "op": "has", "value": ""}]}
NO_KIND = ""
_WHOLE = 100


@dataclass(slots=True)
class StepPanel:
    """`kind` names its template. `parameters` are what the graph stores, None unless a valid form was posted."""

    key: str
    kind: str
    title: str
    values: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] | None = None
    is_unsaved: bool = False
    row: FlowRow | None = None

    @property
    def is_step(self) -> bool:
        return self.key not in (ENTRY, GOAL, WHOLE_ID, "")


@dataclass(frozen=True, slots=True)
class PanelRequest:
    version: AutomationVersion
    list_id: int
    posted: QueryDict | None = None
    is_redraw: bool = False

    @property
    def data(self) -> QueryDict | None:
        """Return the posted values to validate; None to show the form, be it as stored or as it was posted."""
        return None if self.is_redraw else self.posted

    def initial(self, names: Iterable[str], stored: Mapping[str, Any]) -> dict[str, Any]:
        if self.posted is None or not self.is_redraw:
            return dict(stored)
        return {**stored, **{name: self.posted[f"step-{name}"] for name in names if f"step-{name}" in self.posted}}


def panel_of(asked: PanelRequest, key: str, flow: Flow) -> StepPanel:
    """`key`: a step's, `entry`, `goal`, `rules`, or empty for the panel without settings. Raises StepGone."""
    graph = asked.version.graph
    if key == "":
        return StepPanel("", NO_KIND, "")
    if key == ENTRY:
        panel = _formed(asked, key, "entry", EntryForm, EntryForm.initial_of(graph["entry"]), list_id=asked.list_id)
        panel.title = _("What starts it")
    elif key == WHOLE_ID:
        panel = _formed(asked, key, "rules", RulesForm, RulesForm.initial_of(graph))
        panel.title = _("Rules for everyone")
    elif key == GOAL:
        panel = _goal(asked, graph)
    else:
        raw = find_step(graph, key).step
        kind = STEP_KINDS[raw["do"]]
        panel = _STEPS[kind](asked, key, raw) if kind in _STEPS else _settings(asked, key, raw, kind)
        panel.title = _(kind.label)
    panel.row = flow.row(key)
    return panel


def _formed(
    asked: PanelRequest, key: str, kind: str, form_class: type[StepForm], stored: Mapping[str, Any], **more: Any
) -> StepPanel:
    names = more["step"].settings() if form_class is DeclaredForm else form_class.base_fields
    form = form_class(asked.data, initial=asked.initial(names, stored), **more)
    panel = StepPanel(key, kind, "", {"form": form}, is_unsaved=asked.posted is not None)
    if asked.data is not None and form.is_valid():
        panel.parameters = form.parameters()
    return panel


def _settings(asked: PanelRequest, key: str, raw: Mapping[str, Any], kind: type[Step]) -> StepPanel:
    if not kind.settings():
        return StepPanel(key, "end", "")
    return _formed(asked, key, "form", DeclaredForm, raw, step=kind, here=asked.version.automation_id)


def _wait(asked: PanelRequest, key: str, raw: Mapping[str, Any]) -> StepPanel:
    return _formed(asked, key, "wait", WaitForm, WaitForm.initial_of(raw))


def _send(asked: PanelRequest, key: str, raw: Mapping[str, Any]) -> StepPanel:
    panel = StepPanel(key, "send", "", {"campaign_id": raw.get("campaign")}, is_unsaved=asked.posted is not None)
    if asked.posted is not None:
        form = MessageForm(asked.posted, initial={})
        panel.values["form"] = form
        panel.parameters = {"campaign": raw.get("campaign")} if form.is_valid() else None
    return panel


def _conditions(asked: PanelRequest, panel: StepPanel, stored: Any) -> Any:
    """Add the builder of conditions to a panel; return the condition, None unless a valid one was posted."""
    tree, condition = stored or FIRST_CONDITION, None
    if asked.posted is not None:
        tree = changed_tree(posted_tree(asked.posted), asked.posted.get("row", ""))
    if asked.data is not None:
        try:
            refuse_beyond_limit(tree)
            condition = stored_form(check_segment(tree))
        except SegmentError as error:
            panel.values["fault"] = error_sentence(error)
    panel.values["builder"] = builder(tree)
    return condition


def _branch(asked: PanelRequest, key: str, raw: Mapping[str, Any]) -> StepPanel:
    panel = StepPanel(key, "branch", "", is_unsaved=asked.posted is not None)
    condition = _conditions(asked, panel, raw.get("if"))
    if asked.data is not None and "fault" not in panel.values:
        panel.parameters = {"if": condition}
    return panel


def _goal(asked: PanelRequest, graph: Mapping[str, Any]) -> StepPanel:
    goal = graph.get("goal") or {}
    panel = StepPanel(GOAL, "goal", _("Goal"), is_unsaved=asked.posted is not None)
    condition = _conditions(asked, panel, goal.get("if"))
    then = str(asked.posted.get("then", "end")) if asked.posted is not None else goal.get("then", "end")
    panel.values |= {"then": then, "is_set": bool(graph.get("goal"))}
    if asked.data is not None and "fault" not in panel.values:
        panel.parameters = {"if": condition, "then": then}
    return panel


def _split(asked: PanelRequest, key: str, raw: Mapping[str, Any]) -> StepPanel:
    """Return the panel of a split. `arms=add` and `arms=remove` change the number of arms before it is saved."""
    shares = [str(arm["share"]) for arm in raw["arms"]]
    panel = StepPanel(key, "split", "", is_unsaved=asked.posted is not None)
    if asked.posted is not None:
        shares = [text.strip()[:3] for text in asked.posted.getlist("share")][:MAX_ARMS]
        if asked.posted.get("arms") == "add" and len(shares) < MAX_ARMS:
            shares = even_shares(len(shares) + 1)
        elif asked.posted.get("arms") == "remove" and len(shares) > 2:
            shares = even_shares(len(shares) - 1)
    letters = [chr(ord("A") + number) for number in range(len(shares))]
    panel.values |= {"shares": list(zip(letters, shares, strict=True)), "can_add": len(shares) < MAX_ARMS}
    if asked.data is not None:
        numbers = [whole_number(text) for text in shares]
        if len(numbers) < 2 or sum(numbers) != _WHOLE or not all(numbers):
            panel.values["fault"] = _("The shares have to be whole numbers that make 100% together.")
        else:
            panel.parameters = {"arms": [{"share": number} for number in numbers]}
    return panel


def even_shares(arms: int) -> list[str]:
    """Return shares in percent that are as even as whole numbers allow, and make 100 together."""
    rest = _WHOLE - _WHOLE // arms * arms
    return [str(_WHOLE // arms + (number < rest)) for number in range(arms)]


def _set_field(asked: PanelRequest, key: str, raw: Mapping[str, Any]) -> StepPanel:
    posted = asked.posted
    chosen = posted.get("step-field", "") if posted is not None else raw.get("field", "")
    declared_fields = {row.key: row for row in contact_fields()}
    offered: Choices = [
        ("", _("Choose")),
        *with_chosen([(row.key, row.label) for row in declared_fields.values()], chosen),
    ]
    panel = StepPanel(key, "set_field", "", {"fields": offered, "field": chosen}, is_unsaved=posted is not None)
    value = raw.get("value") if chosen == raw.get("field") else None
    row = declared_fields.get(chosen)
    if posted is not None and row is not None:
        texts = [text.strip() for text in posted.getlist(f"{FIELD_PREFIX}{chosen}") if text.strip()]
        value = texts if row.kind.is_several else (texts[-1] if texts else None)
    if row is not None:
        panel.values["input"] = contact_input(row, value)
    if asked.data is not None:
        panel.parameters = {"field": chosen, "value": value}
    return panel


_STEPS: Mapping[type[Step], Callable[[PanelRequest, str, Mapping[str, Any]], StepPanel]] = {
    Send: _send,
    Wait: _wait,
    Branch: _branch,
    Split: _split,
    SetField: _set_field,
}


def with_settings(graph: Mapping[str, Any], panel: StepPanel) -> dict[str, Any]:
    """Return a graph with the valid settings of a panel. Raises StepGone."""
    if panel.parameters is None:
        raise StepGone(panel.key)
    if panel.key == ENTRY:
        return {**graph, "entry": panel.parameters}
    if panel.key == GOAL:
        return {**graph, "goal": panel.parameters}
    if panel.key == WHOLE_ID:
        return {**graph, **panel.parameters}
    return change_step(graph, panel.key, panel.parameters)

"""Reads the tree of a segment from a posted form, changes it, and provides its menus. Hidden fields `node` name all
parts in order, `g1` a group, `c1.0` a condition; a part's fields begin with its path (`1.0`: the first item of the
second). Nothing is validated, so that a half-written condition is shown again as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.queries import attribute_keys
from mailflatrate.apps.segments.conditions.choices import named, offered
from mailflatrate.apps.segments.conditions.parsing import PROVIDER_KEYS
from mailflatrate.apps.tracking.poll_results import poll_results
from mailflatrate.apps.tracking.segments import links_of
from mailflatrate.entrypoints.presenters.polls import SCORE_GROUP_WORDS
from mailflatrate.entrypoints.studio.audience.segment_words import field_groups, op_word
from mailflatrate.entrypoints.studio.audience.segments.segment_events import (
    ChoiceBox,
    EventMenus,
    PropertyLine,
    one_value,
    posted_tests,
    shown_values,
)
from mailflatrate.entrypoints.studio.common import whole_number
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.conditions import (
    DATE_OPS,
    DAY_SPANS,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_GROUPS,
    MAX_NAMED,
    NUMBER_OPS,
    OPS,
    WITHOUT_VALUE,
    Field,
    Match,
    Op,
)
from mailflatrate.rules.fields.field_type import ContactFieldType, FieldDefinition
from mailflatrate.rules.sending.providers import provider_name

RawTree = dict[str, Any]
Pairs = list[tuple[str, Any]]
MOST_OFFERED = 200
_TAB = "\t"
"""Between question and answer in one menu; neither has one."""
_PATH = re.compile(r"\d{1,2}(\.\d{1,2}){0,2}")
_CHOSEN = (Field.LIST, Field.TAG, Field.FORM)


@dataclass(frozen=True, slots=True)
class ConditionNode:
    path: str
    number: int
    field: str
    ops: Pairs
    op: str
    kind: str
    values: list[str]
    boxes: list[ChoiceBox]
    days: str
    times: str
    campaign: str
    links: list[ChoiceBox]
    answers: list[ChoiceBox]
    campaigns: list[ChoiceBox]
    events: list[ChoiceBox]
    tests: list[PropertyLine]
    is_new: bool

    @property
    def value(self) -> str:
        return ", ".join(self.values)

    @property
    def low(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def high(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def takes_days(self) -> bool:
        return self.field in (Field.RECEIVED, Field.CLICKED, Field.ANSWERED, Field.EVENT) or self.needs_days

    @property
    def needs_days(self) -> bool:
        return self.op in (Op.ON_WITHIN_DAYS, Op.ON_LONGER_DAYS)


@dataclass(frozen=True, slots=True)
class GroupNode:
    path: str
    depth: int
    match: str
    exclude: bool
    items: list["ConditionNode | GroupNode"]
    can_nest: bool

    @property
    def is_group(self) -> bool:
        """Return True, because a template can't check the class."""
        return True


@dataclass(frozen=True, slots=True)
class Builder:
    root: GroupNode
    fields: list[tuple[str, Pairs]]
    conditions: int


def posted_tree(data: QueryDict) -> RawTree:
    """In a segment's JSON form, not validated. A condition whose field changed gets its first comparison."""
    definitions = {row.key: row.definition for row in fields()}
    groups: dict[str, RawTree] = {"": _group(data, "")}
    for node in data.getlist("node")[: MAX_CONDITIONS + MAX_GROUPS + 2]:
        kind, path = node[:1], node[1:]
        parent = groups.get(path.rpartition(".")[0])
        if parent is None or kind not in ("g", "c") or not _PATH.fullmatch(path):
            continue
        if kind == "g" and path not in groups:
            groups[path] = _group(data, path)
            parent["items"].append(groups[path])
        elif kind == "c":
            parent["items"].append(_fitted(_condition(data, path), definitions))
    return groups[""]


def _group(data: QueryDict, path: str) -> RawTree:
    match = Match.ANY if data.get(f"{path}-match") == Match.ANY else Match.ALL
    return {"match": match.value, "items": [], **({"exclude": True} if data.get(f"{path}-exclude") else {})}


def _condition(data: QueryDict, path: str) -> RawTree:
    name, _colon, key = data.get(f"{path}-field", "").partition(":")
    condition: RawTree = {"field": name, "op": data.get(f"{path}-op", "")}
    if key:
        condition["key"] = key
    for part in ("days", "times", "campaign", "link", "event"):
        if value := data.get(f"{path}-{part}", ""):
            condition[part] = value
    if name == Field.ANSWERED:
        asked = zip(("question", "answer"), data.get(f"{path}-answer", "").split(_TAB, 1), strict=False)
        condition |= {part: value for part, value in asked if value}
    if name == Field.EVENT:
        condition["where"] = posted_tests(data, path)
        return condition
    chosen, typed = data.getlist(f"{path}-values"), data.getlist(f"{path}-value")
    if chosen:
        condition["value"] = chosen
    elif typed:
        condition["value"] = typed if len(typed) > 1 else typed[0]
    return condition


def _fitted(raw: RawTree, definitions: Mapping[str, FieldDefinition]) -> RawTree:
    name = next((member for member in Field if member.value == raw["field"]), None)
    if name is None or raw["op"] in _offered_ops(name, definitions.get(raw.get("key", ""))):
        return raw
    changed: RawTree = {"field": name.value, "op": _offered_ops(name, definitions.get(raw.get("key", "")))[0].value}
    return changed | ({"key": raw["key"]} if "key" in raw else {})


def _offered_ops(name: Field, definition: FieldDefinition | None) -> tuple[Op, ...]:
    return definition.type.comparisons if definition is not None and name is Field.ATTRIBUTE else OPS[name]


def changed_tree(tree: RawTree, order: str) -> RawTree:
    """Apply `add:PATH`, `group:PATH`, `exclude:PATH` (of a group) or `remove:PATH` (of the part to remove)."""
    verb, _colon, path = order.partition(":")
    if verb == "remove" and _PATH.fullmatch(path):
        before, _dot, last = path.rpartition(".")
        parent = _find(tree, before)
        if parent is not None and int(last) < len(parent["items"]):
            del parent["items"][int(last)]
        return tree
    group = _find(tree, path)
    if group is None or verb not in ("add", "group", "exclude"):
        return tree
    fresh: RawTree = {"field": Field.FIRST_NAME.value, "op": Op.EQUALS.value, "value": "", "new": True}
    if verb == "add":
        group["items"].append(fresh)
    else:
        more = {"exclude": True} if verb == "exclude" else {}
        group["items"].append({"match": Match.ANY.value, "items": [fresh], **more})
    return tree


def _find(tree: RawTree, path: str) -> RawTree | None:
    node: RawTree | None = tree
    for place in path.split(".") if path else []:
        items = node.get("items") if node else None
        if items is None or not place.isdecimal() or int(place) >= len(items):
            return None
        node = items[int(place)]
    return node if node is not None and "items" in node else None


def builder(definition: Any) -> Builder:
    tree = {"match": Match.ALL.value, "items": definition} if isinstance(definition, list) else definition
    drawn = _Drawing()
    root = drawn.group(tree, "", 0)
    return Builder(root, drawn.menu(), drawn.number)


@dataclass
class _Drawing:
    number: int = 0
    _known: dict[str, FieldDefinition] = field(default_factory=lambda: {row.key: row.definition for row in fields()})
    _offered: dict[Field, list[tuple[int, str]]] = field(default_factory=dict)
    _other_keys: set[str] = field(default_factory=set)
    _events: EventMenus = field(default_factory=EventMenus)

    def group(self, raw: RawTree, path: str, depth: int) -> GroupNode:
        items: list[ConditionNode | GroupNode] = []
        for place, item in enumerate(raw.get("items", [])):
            below = f"{path}.{place}" if path else str(place)
            is_group = "items" in item or "match" in item
            items.append(self.group(item, below, depth + 1) if is_group else self._condition(item, below))
        match = str(raw.get("match") or Match.ALL.value)
        return GroupNode(path, depth, match, bool(raw.get("exclude")), items, depth < MAX_DEPTH)

    def menu(self) -> list[tuple[str, Pairs]]:
        keys = [*attribute_keys(), *sorted(self._other_keys)]
        other = [key for key in dict.fromkeys(keys) if key not in self._known]
        own = [(f"attribute:{key}", definition.label) for key, definition in self._known.items()]
        return field_groups([*own, *((f"attribute:{key}", key) for key in other)])

    def _condition(self, raw: RawTree, path: str) -> ConditionNode:
        self.number += 1
        name = next((member for member in Field if member.value == raw.get("field")), Field.FIRST_NAME)
        key = str(raw.get("key") or "") if name is Field.ATTRIBUTE else ""
        if key and key not in self._known:
            self._other_keys.add(key)
        definition = self._known.get(key)
        ops = _offered_ops(name, definition)
        asked = next((member for member in Op if member.value == raw.get("op")), None)
        op = asked if asked in ops else ops[0]
        kind = _kind(name, op, definition.type if definition else None)
        values = shown_values(raw.get("value"))
        return ConditionNode(
            path=path,
            number=self.number,
            field=f"{name.value}:{key}" if key else name.value,
            ops=[(member.value, op_word(name, member)) for member in ops],
            op=op.value,
            kind=kind,
            values=values,
            boxes=self._boxes(name, definition, values) if kind == "choices" else [],
            days=one_value(raw.get("days")),
            times=one_value(raw.get("times")),
            campaign=one_value(raw.get("campaign")),
            links=_links(raw) if name is Field.CLICKED else [],
            answers=_answers(raw) if name is Field.ANSWERED else [],
            campaigns=self._campaigns(name, raw),
            events=self._events.offered(raw) if name is Field.EVENT else [],
            tests=self._events.lines(raw) if name is Field.EVENT else [],
            is_new=bool(raw.get("new")),
        )

    def _choices(self, name: Field) -> list[tuple[int, str]]:
        if name not in self._offered:
            self._offered[name] = offered(name)
        return self._offered[name]

    def _boxes(self, name: Field, definition: FieldDefinition | None, values: list[str]) -> list[ChoiceBox]:
        if name is Field.PROVIDER:
            return [
                ChoiceBox(key, provider_name(key, get_language() or ENGLISH), key in values) for key in PROVIDER_KEYS
            ]
        if definition is not None:
            folded = {value.casefold() for value in values}
            return [ChoiceBox(choice, choice, choice.casefold() in folded) for choice in definition.choices]
        return _named_boxes(name, self._choices(name), values)

    def _campaigns(self, name: Field, raw: RawTree) -> list[ChoiceBox]:
        if name is Field.CAMPAIGN:
            return _named_boxes(Field.CAMPAIGN, self._choices(Field.CAMPAIGN), shown_values(raw.get("value")))
        if name in (Field.CLICKED, Field.ANSWERED):
            return _named_boxes(Field.CAMPAIGN, self._choices(Field.CAMPAIGN), shown_values(raw.get("campaign")))
        return []


def _named_boxes(name: Field, choices: list[tuple[int, str]], values: list[str]) -> list[ChoiceBox]:
    offered_ids = {number for number, _name in choices}
    asked = [number for value in values[:MAX_NAMED] if (number := whole_number(value)) and number not in offered_ids]
    more = [choice for choice in choices[MOST_OFFERED:] if str(choice[0]) in values]
    visible = (*choices[:MOST_OFFERED], *more, *named(name, asked).items())
    return [ChoiceBox(str(number), text, str(number) in values) for number, text in visible]


def _links(raw: RawTree) -> list[ChoiceBox]:
    campaign, link = whole_number(one_value(raw.get("campaign"))), one_value(raw.get("link"))
    urls = links_of(campaign) if campaign else []
    return [ChoiceBox(url, url, url == link) for url in dict.fromkeys([*urls, *([link] if link else [])])]


def _answers(raw: RawTree) -> list[ChoiceBox]:
    number = whole_number(one_value(raw.get("campaign")))
    campaign = Campaign.objects.filter(id=number).first() if number else None
    chosen = _TAB.join(filter(None, (one_value(raw.get("question")), one_value(raw.get("answer")))))
    labels: dict[str, str] = {}
    for result in poll_results(campaign) if campaign else []:
        question = result.poll.question
        labels[question] = _("%(question)s: any answer") % {"question": question}
        groups = {name: str(SCORE_GROUP_WORDS[name]) for name in result.groups}
        for key, label in {**groups, **{answer: answer for answer in result.poll.answers}}.items():
            labels[f"{question}{_TAB}{key}"] = f"{question}: {label}"
    if chosen:
        labels.setdefault(chosen, chosen.replace(_TAB, ": "))
    return [ChoiceBox(value, label, value == chosen) for value, label in labels.items()]


def _kind(name: Field, op: Op, kind: ContactFieldType | None) -> str:
    if name in (Field.RECEIVED, Field.CLICKED, Field.ANSWERED, Field.EVENT):
        return name.value
    if op in WITHOUT_VALUE:
        return "none"
    if name in _CHOSEN or name is Field.PROVIDER or (kind is not None and kind.has_choices):
        return "choices"
    if name is Field.CAMPAIGN:
        return "campaign"
    if op is Op.BETWEEN:
        return "between"
    if op in NUMBER_OPS or (kind is not None and kind.is_number):
        return "number"
    if op in DATE_OPS:
        return "date"
    if op in (*DAY_SPANS, Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS):
        return "days"
    return "texts" if op in (Op.IN, Op.HAS_ALL) else "text"

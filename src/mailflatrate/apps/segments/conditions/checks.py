"""Checks a segment before it is saved. Saved ones are read without: a deleted tag matches no one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.lists import fields
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.events import declared, event_types
from mailflatrate.apps.lists.models import ContactEventType
from mailflatrate.apps.segments.conditions import choices
from mailflatrate.apps.segments.conditions.parsing import listed, parse_segment
from mailflatrate.apps.segments.conditions.tree import Condition, PropertyTest, SegmentGroup
from mailflatrate.base import tenancy
from mailflatrate.rules.conditions import NUMBER_OPS, PROPERTY_OPS, Field, Op
from mailflatrate.rules.contacts.contact_events import PropertyType
from mailflatrate.rules.fields.field_type import FieldDefinition, UnreadableValue


@tenancy.needs_account
def check_segment(raw: Any) -> SegmentGroup:
    """Raises SegmentError that lists the valid choices."""
    tree = parse_segment(raw)
    keys = {condition.key for condition in tree.conditions() if condition.field is Field.ATTRIBUTE}
    field_definitions = fields.definitions(keys) if keys else {}
    names = {field: choices.named(field, ids) for field, ids in _named_ids(tree).items()}
    asked = {condition.event for condition in tree.conditions() if condition.event}
    return _Checker(field_definitions, names, declared(asked) if asked else {}).group(tree)


def _named_ids(tree: SegmentGroup) -> dict[Field, set[int]]:
    by_field: dict[Field, set[int]] = {}
    for condition in tree.conditions():
        for field, ids in named_by(condition).items():
            by_field.setdefault(field, set()).update(ids)
    return by_field


def named_by(condition: Condition) -> dict[Field, tuple[int, ...]]:
    if condition.field in (Field.LIST, Field.TAG, Field.FORM, Field.CAMPAIGN):
        return {condition.field: condition.numbers}
    return {Field.CAMPAIGN: (condition.campaign,)} if condition.campaign is not None else {}


class _Checker:
    def __init__(
        self,
        definitions: Mapping[str, FieldDefinition],
        names: Mapping[Field, Mapping[int, str]],
        events: Mapping[str, ContactEventType],
    ) -> None:
        self._known = definitions
        self._names = names
        self._events = events
        self._number = 0

    def group(self, group: SegmentGroup) -> SegmentGroup:
        return replace(
            group,
            items=tuple(
                self.group(item) if isinstance(item, SegmentGroup) else self._condition(item) for item in group.items
            ),
        )

    def _condition(self, condition: Condition) -> Condition:
        self._number += 1
        where = _("condition %(number)d") % {"number": self._number}
        for field, ids in named_by(condition).items():
            if any(number not in self._names[field] for number in ids):
                raise SegmentError(f"{where}: {_unknown(field)}")
        if condition.field is Field.ATTRIBUTE and condition.key in self._known:
            return _suited(where, condition, self._known[condition.key])
        if condition.field is Field.EVENT:
            if condition.event not in self._events:
                offered = listed([row.name for row in event_types()]) or _("there is none yet")
                raise SegmentError(f"{where}: {_('choose an event: %(choices)s') % {'choices': offered}}")
            properties = self._events[condition.event].declared
            return replace(condition, where=tuple(_suited_test(where, test, properties) for test in condition.where))
        return condition


def _suited_test(where: str, test: PropertyTest, properties: Mapping[str, PropertyType]) -> PropertyTest:
    kind = properties.get(test.name)
    if kind is None:
        choices = listed(sorted(properties)) or _("there is none yet")
        raise SegmentError(f"{where}: {_('choose a property: %(choices)s') % {'choices': choices}}")
    if test.op not in PROPERTY_OPS[kind]:
        message = _("“%(field)s” can't be compared like that; choose one of: %(choices)s")
        raise SegmentError(f"{where}: {message % {'field': test.name, 'choices': listed(PROPERTY_OPS[kind])}}")
    if kind is not PropertyType.NUMBER or test.op in (*NUMBER_OPS, Op.SET) or isinstance(test.value, int | float):
        is_text = kind is PropertyType.TEXT and isinstance(test.value, int | float)
        return replace(test, value=f"{test.value:g}") if is_text else test
    try:
        return replace(test, value=float(str(test.value).replace(",", ".")))
    except ValueError:
        raise SegmentError(f"{where}: {_('enter a number, such as 12 or 3.5')}") from None


def _unknown(field: Field) -> str:
    offered = [f"{name} ({number})" for number, name in choices.offered(field)]
    texts = {
        Field.LIST: _("choose a list: %(choices)s"),
        Field.TAG: _("choose a tag: %(choices)s"),
        Field.FORM: _("choose a form: %(choices)s"),
        Field.CAMPAIGN: _("choose a campaign that was sent: %(choices)s"),
    }
    return texts[field] % {"choices": listed(offered) or _("there is none yet")}


def _suited(where: str, condition: Condition, definition: FieldDefinition) -> Condition:
    op, value = definition.type.adapted(condition.op, condition.value)
    condition = replace(condition, op=op, value=value)
    if op not in definition.type.comparisons:
        message = _("“%(field)s” can't be compared like that; choose one of: %(choices)s")
        values = {"field": definition.label or definition.key, "choices": listed(definition.type.comparisons)}
        raise SegmentError(f"{where}: {message % values}")
    if condition.op not in (Op.EQUALS, Op.NOT_EQUALS, Op.IN, Op.HAS_ALL):
        return condition
    if isinstance(condition.value, tuple):
        stored_texts = tuple(str(_stored(where, definition, value)) for value in condition.texts)
        return replace(condition, value=tuple(dict.fromkeys(stored_texts)))
    return replace(condition, value=_stored(where, definition, condition.value))


def _stored(where: str, definition: FieldDefinition, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise SegmentError(f"{where}: {_('enter a value')}")
    try:
        return definition.type.compared(definition, value)
    except UnreadableValue as error:
        raise SegmentError(f"{where}: {fields.fault_sentence(definition, error.fault)}") from None

"""A segment as a tree: groups of conditions, all or any of which must hold, and groups that exclude people.

A person is in a group if they meet all or any of its including items, and none of its excluding ones. A group without
including items starts from everyone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailflatrate.rules.conditions import ConditionValue, Field, Match, Op

VERSION = 2
"""Of the JSON form. Version 1 is a list of conditions, all of which must hold; it is still read."""


@dataclass(frozen=True, slots=True)
class PropertyTest:
    """A test of one property of an event."""

    name: str
    op: Op
    value: ConditionValue = None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that the segment stores."""
        stored: dict[str, Any] = {"property": self.name, "op": self.op.value}
        if self.value is not None:
            stored["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return stored


@dataclass(frozen=True, slots=True)
class Condition:
    """A validated condition: `value` has the type that `op` needs (text, number, ISO date text, choices, ids, days).

    `days` limits a list, received campaigns, clicks, answers or events to the last days; `times` is the least number of
    them; `campaign` and `link` say which clicks count, `campaign`, `question` and `answer` which answers, `event` and
    `where` which events do: those that pass every test.
    """

    field: Field
    op: Op
    value: ConditionValue = None
    key: str = ""
    days: int | None = None
    times: int | None = None
    campaign: int | None = None
    link: str = ""
    question: str = ""
    answer: str = ""
    event: str = ""
    where: tuple[PropertyTest, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that the segment stores; `parse_conditions` reads it back."""
        stored: dict[str, Any] = {"field": self.field.value, "op": self.op.value}
        if self.key:
            stored["key"] = self.key
        if self.value is not None:
            stored["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        for name in ("days", "times", "campaign", "link", "question", "answer", "event"):
            if more := getattr(self, name):
                stored[name] = more
        if self.where:
            stored["where"] = [test.as_json() for test in self.where]
        return stored

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the ids or numbers in `value`."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(int(value) for value in values if isinstance(value, int | float))

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the texts in `value`."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(value for value in values if isinstance(value, str))


@dataclass(frozen=True, slots=True)
class SegmentGroup:
    """A group of conditions and groups. An `exclude` group takes its people out of the group around it."""

    match: Match = Match.ALL
    items: tuple["Condition | SegmentGroup", ...] = ()
    exclude: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the group in the JSON form; `parse_segment` reads it back."""
        stored: dict[str, Any] = {"match": self.match.value, "items": [item.as_json() for item in self.items]}
        return stored | ({"exclude": True} if self.exclude else {})

    def conditions(self) -> Iterator[Condition]:
        """Yield all conditions, in their order."""
        for item in self.items:
            if isinstance(item, SegmentGroup):
                yield from item.conditions()
            else:
                yield item

    @property
    def included(self) -> tuple["Condition | SegmentGroup", ...]:
        return tuple(item for item in self.items if not (isinstance(item, SegmentGroup) and item.exclude))

    @property
    def excluded(self) -> tuple["SegmentGroup", ...]:
        return tuple(item for item in self.items if isinstance(item, SegmentGroup) and item.exclude)

    @property
    def flat(self) -> list[Condition] | None:
        """Return the conditions if the group has no groups in it and all of them must hold, otherwise None."""
        conditions = [item for item in self.items if isinstance(item, Condition)]
        plain = len(conditions) == len(self.items) and (self.match is Match.ALL or len(conditions) < 2)
        return conditions if plain else None


def stored_form(tree: SegmentGroup) -> list[Any] | dict[str, Any]:
    """Return the JSON of a tree: the list of version 1 where that can express it, so that the hash of existing
    campaigns stays the same.
    """
    flat = tree.flat
    return [condition.as_json() for condition in flat] if flat is not None else versioned_form(tree)


def versioned_form(tree: SegmentGroup) -> dict[str, Any]:
    """Return the JSON of a tree, in the form that names its version."""
    return {"version": VERSION, **tree.as_json()}

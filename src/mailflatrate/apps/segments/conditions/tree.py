"""A segment as a tree. A person is in a group that has all or any of its including items, and no excluding one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailflatrate.rules.conditions import ConditionValue, Field, Match, Op

VERSION = 2
"""Version 1 is a list of conditions that all must hold; it is still read."""


@dataclass(frozen=True, slots=True)
class PropertyTest:
    name: str
    op: Op
    value: ConditionValue = None

    def as_json(self) -> dict[str, Any]:
        stored: dict[str, Any] = {"property": self.name, "op": self.op.value}
        if self.value is not None:
            stored["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return stored


@dataclass(frozen=True, slots=True)
class Condition:
    """`value` has the type that `op` needs. `days`: within the last days; `times`: at least. `campaign` and `link` say
    which clicks count, `campaign`, `question` and `answer` which answers, `event` and `where` which events (every
    test).
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
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(int(value) for value in values if isinstance(value, int | float))

    @property
    def texts(self) -> tuple[str, ...]:
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return tuple(value for value in values if isinstance(value, str))


@dataclass(frozen=True, slots=True)
class SegmentGroup:
    """An `exclude` group takes its people out of the group around it."""

    match: Match = Match.ALL
    items: tuple["Condition | SegmentGroup", ...] = ()
    exclude: bool = False

    def as_json(self) -> dict[str, Any]:
        stored: dict[str, Any] = {"match": self.match.value, "items": [item.as_json() for item in self.items]}
        return stored | ({"exclude": True} if self.exclude else {})

    def conditions(self) -> Iterator[Condition]:
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
        """If all must hold and there are no groups in it, otherwise None."""
        conditions = [item for item in self.items if isinstance(item, Condition)]
        plain = len(conditions) == len(self.items) and (self.match is Match.ALL or len(conditions) < 2)
        return conditions if plain else None


def stored_form(tree: SegmentGroup) -> list[Any] | dict[str, Any]:
    """Version 1 where it suffices, so that the hash of existing campaigns stays the same."""
    flat = tree.flat
    return [condition.as_json() for condition in flat] if flat is not None else versioned_form(tree)


def versioned_form(tree: SegmentGroup) -> dict[str, Any]:
    return {"version": VERSION, **tree.as_json()}

"""A step of an automation: what every kind of step does, and how a kind declares its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from mailflatrate.rules.automations.json_object import JsonObject

FINISH = ""
"""The step after the last one."""
MAX_TEXT_CHARACTERS = 500
ReadSteps = Callable[[list[Any]], "tuple[Step, ...]"]


@dataclass(frozen=True, slots=True)
class GraphProblem:
    """Something to fix: a message id with its parameters, and the step; an empty step is the whole automation."""

    step: str
    message: str
    params: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class StepSetting:
    """The ID of something that the account has, of the kind `names` such as `tag`, or a text (""). `label` and
    `missing` are message ids; `missing` tells that it is empty.
    """

    label: str
    missing: str
    names: str = ""


def chosen(names: str, label: str, missing: str) -> Any:
    return field(default=None, metadata={"setting": StepSetting(label, missing, names)})


def written(label: str, missing: str) -> Any:
    return field(default="", metadata={"setting": StepSetting(label, missing)})


@dataclass(frozen=True)
class Step:
    """A kind of step is a subclass with class keywords. `kind` is stored, `label` is in the menu, `sentence` has
    %(name)s for what it names. A step that doesn't `leads_on` ends the automation. A nested list flows into the step
    after its parent.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]
    sentence: ClassVar[str]
    detail: ClassVar[str]
    leads_on: ClassVar[bool]
    begins_with: ClassVar[Mapping[str, Any]]
    id: str

    def __init_subclass__(
        cls,
        *,
        kind: str,
        label: str,
        icon: str,
        sentence: str = "",
        detail: str = "",
        leads_on: bool = True,
        begins_with: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init_subclass__()
        cls.kind, cls.label, cls.icon = kind, label, icon
        cls.sentence, cls.detail, cls.leads_on, cls.begins_with = sentence, detail, leads_on, begins_with or {}

    @classmethod
    def settings(cls) -> dict[str, StepSetting]:
        return {
            dataclass_field.name: dataclass_field.metadata["setting"]
            for dataclass_field in fields(cls)
            if "setting" in dataclass_field.metadata
        }

    @classmethod
    def read(cls, key: str, raw: JsonObject, nested: ReadSteps) -> Self:
        """Return the step from its JSON. Raises GraphRefused."""
        values = {
            name: raw.id(name) if setting.names else raw.text(name, MAX_TEXT_CHARACTERS)
            for name, setting in cls.settings().items()
        }
        return cls(key, **values)

    def problems(self) -> Iterator[GraphProblem]:
        for name, setting in self.settings().items():
            if not str(getattr(self, name) or "").strip():
                yield GraphProblem(self.id, setting.missing)

    def parameters(self) -> dict[str, Any]:
        """Return what the engine needs, as JSON."""
        return {name: getattr(self, name) for name in self.settings()}

    def targets(self, following: str) -> tuple[str, ...]:
        return (following if self.leads_on else FINISH,)

    def lists(self) -> Sequence[tuple[Step, ...]]:
        return ()

    @property
    def message_id(self) -> int | None:
        return None

    @property
    def field_key(self) -> str:
        return ""


def first_of(steps: Sequence[Step], following: str) -> str:
    return steps[0].id if steps else following

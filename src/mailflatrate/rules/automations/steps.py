"""The kinds of steps. `engine.steps` of the app has what they do to people."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from mailflatrate.kinds import from_extensions
from mailflatrate.locale.texts import N_
from mailflatrate.rules.automations.json_object import Condition, JsonObject
from mailflatrate.rules.automations.step import GraphProblem, ReadSteps, Step, chosen, first_of, written


@dataclass(frozen=True)
class Send(Step, kind="send", label=N_("Send a message"), icon="mail", sentence=N_("Send %(name)s")):
    campaign: int | None = chosen("message", "", N_("Write the message of this step."))

    @property
    def message_id(self) -> int | None:
        return self.campaign


MAX_WAIT_DAYS = 730
_MAX_OFFSET_DAYS = 365
_MAX_NAME_CHARACTERS = 120


class WaitKind(StrEnum):
    FOR = "for"
    UNTIL = "until"
    DATE = "date"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class WaitRule:
    """`days` is the offset from a date, and the longest wait for an event."""

    kind: WaitKind
    minutes: int = 0
    hours: int = 0
    days: int = 0
    weekday: int | None = None
    at: str = "09:00"
    field: str = ""
    event: str = ""


@dataclass(frozen=True)
class Wait(
    Step,
    kind="wait",
    label=N_("Wait"),
    icon="clock",
    begins_with={"for": {"days": 1, "hours": 0, "minutes": 0}},
):
    wait: WaitRule | None = None

    @classmethod
    def read(cls, key: str, raw: JsonObject, nested: ReadSteps) -> Self:
        return cls(key, _rule(raw))

    def problems(self) -> Iterator[GraphProblem]:
        rule = self.wait
        if rule is None or (rule.kind is WaitKind.FOR and not (rule.minutes or rule.hours or rule.days)):
            yield GraphProblem(self.id, N_("Enter how long to wait."))
        elif rule.kind is WaitKind.DATE and not rule.field:
            yield GraphProblem(self.id, N_("Choose the date field to wait for."))
        elif rule.kind is WaitKind.EVENT and not rule.event:
            yield GraphProblem(self.id, N_("Name the event to wait for."))

    def parameters(self) -> dict[str, Any]:
        return {} if self.wait is None else asdict(self.wait)

    @property
    def field_key(self) -> str:
        return "" if self.wait is None else self.wait.field


def _rule(raw: JsonObject) -> WaitRule | None:
    if raw.has("for"):
        spans = raw.inner("for")
        # At least one of the spans is named; a wait of no time at all is a problem, not a shape.
        minutes, hours = spans.number("minutes", 0, 60 * 24 * 7, 0), spans.number("hours", 0, 24 * 60, 0)
        rule = WaitRule(WaitKind.FOR, minutes, hours, spans.number("days", 0, MAX_WAIT_DAYS, 0))
        spans.end()
        return rule
    if raw.has("until"):
        until = raw.inner("until")
        weekday = until.take("weekday")
        if weekday is not None and (isinstance(weekday, bool) or weekday not in range(7)):
            raise until.refuse("weekday")
        rule = WaitRule(WaitKind.UNTIL, weekday=weekday, at=until.time("at", "09:00"))
        until.end()
        return rule
    if raw.has("date"):
        field = raw.text("date", 60)
        days = raw.number("offset_days", -_MAX_OFFSET_DAYS, _MAX_OFFSET_DAYS, 0)
        return WaitRule(WaitKind.DATE, field=field, days=days, at=raw.time("at", "09:00"))
    if raw.has("event"):
        event = raw.text("event", _MAX_NAME_CHARACTERS)
        return WaitRule(WaitKind.EVENT, event=event, days=raw.number("at_most_days", 1, MAX_WAIT_DAYS))
    return None


@dataclass(frozen=True)
class Branch(
    Step,
    kind="branch",
    label=N_("Branch on a condition"),
    icon="git-branch",
    begins_with={"if": None, "then": [], "else": []},
):
    condition: Condition | None = None
    then: tuple[Step, ...] = ()
    otherwise: tuple[Step, ...] = ()

    @classmethod
    def read(cls, key: str, raw: JsonObject, nested: ReadSteps) -> Self:
        return cls(key, raw.condition("if"), nested(raw.listed("then")), nested(raw.listed("else")))

    def problems(self) -> Iterator[GraphProblem]:
        if not self.condition:
            yield GraphProblem(self.id, N_("Choose the condition of this branch."))
        if not self.then and not self.otherwise:
            yield GraphProblem(self.id, N_("Both sides of this branch are empty."))

    def parameters(self) -> dict[str, Any]:
        return {"if": self.condition}

    def targets(self, following: str) -> tuple[str, ...]:
        return (first_of(self.then, following), first_of(self.otherwise, following))

    def lists(self) -> Sequence[tuple[Step, ...]]:
        return (self.then, self.otherwise)


MAX_ARMS = 8
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Arm:
    share: int
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Split(
    Step,
    kind="split",
    label=N_("Split at random"),
    icon="split",
    begins_with={"arms": [{"share": 50, "steps": []}, {"share": 50, "steps": []}]},
):
    arms: tuple[Arm, ...] = ()

    @classmethod
    def read(cls, key: str, raw: JsonObject, nested: ReadSteps) -> Self:
        arms = raw.listed("arms")
        if not 2 <= len(arms) <= MAX_ARMS:
            raise raw.refuse("arms")
        return cls(key, tuple(_arm(JsonObject(arm, key, "arms"), nested) for arm in arms))

    def problems(self) -> Iterator[GraphProblem]:
        whole = sum(arm.share for arm in self.arms)
        if whole != _WHOLE:
            yield GraphProblem(self.id, N_("The shares add up to {sum}%. They have to make 100%."), (("sum", whole),))

    def parameters(self) -> dict[str, Any]:
        return {"shares": [arm.share for arm in self.arms]}

    def targets(self, following: str) -> tuple[str, ...]:
        return tuple(first_of(arm.steps, following) for arm in self.arms)

    def lists(self) -> Sequence[tuple[Step, ...]]:
        return [arm.steps for arm in self.arms]


def _arm(raw: JsonObject, nested: ReadSteps) -> Arm:
    arm = Arm(raw.number("share", 1, 99), nested(raw.listed("steps")))
    raw.end()
    return arm


@dataclass(frozen=True)
class SetField(
    Step, kind="set_field", label=N_("Set a field"), icon="pencil", sentence=N_("Set %(field)s to %(value)s")
):
    field: str = ""
    value: str | int | float | bool | list[str] | None = None

    @classmethod
    def read(cls, key: str, raw: JsonObject, nested: ReadSteps) -> Self:
        return cls(key, raw.text("field", 60), raw.value("value"))

    def problems(self) -> Iterator[GraphProblem]:
        if not self.field:
            yield GraphProblem(self.id, N_("Choose the field to set."))

    def parameters(self) -> dict[str, Any]:
        return {"field": self.field, "value": self.value}

    @property
    def field_key(self) -> str:
        return self.field


@dataclass(frozen=True)
class AddTag(Step, kind="add_tag", label=N_("Add a tag"), icon="tag", sentence=N_("Add the tag %(name)s")):
    tag: int | None = chosen("tag", N_("Tag"), N_("Choose the tag."))


@dataclass(frozen=True)
class RemoveTag(Step, kind="remove_tag", label=N_("Remove a tag"), icon="tag", sentence=N_("Remove the tag %(name)s")):
    tag: int | None = chosen("tag", N_("Tag"), N_("Choose the tag."))


@dataclass(frozen=True)
class Notify(Step, kind="notify", label=N_("Notify a colleague"), icon="bell", sentence=N_("Notify %(name)s")):
    user: int | None = chosen("user", N_("Colleague"), N_("Choose the colleague to notify."))
    text: str = written(N_("What they should read"), N_("Write what your colleague should read."))


@dataclass(frozen=True)
class Webhook(
    Step, kind="webhook", label=N_("Call a webhook"), icon="webhook", sentence=N_("Call the webhook %(name)s")
):
    endpoint: int | None = chosen("endpoint", N_("Webhook"), N_("Choose the webhook."))


@dataclass(frozen=True)
class GoTo(
    Step,
    kind="go_to",
    label=N_("Go to another automation"),
    icon="workflow",
    sentence=N_("Go to %(name)s"),
    detail=N_("They leave this automation"),
    leads_on=False,
):
    automation: int | None = chosen("automation", N_("Automation"), N_("Choose the automation to go to."))


@dataclass(frozen=True)
class End(
    Step,
    kind="end",
    label=N_("End the automation"),
    icon="circle-stop",
    sentence=N_("End"),
    detail=N_("People who get here have finished"),
    leads_on=False,
):
    pass


STEP_KINDS: dict[str, type[Step]] = {
    step.kind: step
    for step in (
        *(Send, Wait, Branch, Split, SetField, AddTag, RemoveTag, Notify, Webhook),
        *from_extensions("steps", "STEPS"),
        *(GoTo, End),
    )
}
"""The kinds by their names, in the order of the menu."""

"""Says what starts an automation, what each step does and for how long it waits, in the reader's language."""

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from mailflatrate.entrypoints.presenters.segment_sentences import segment_sentences
from mailflatrate.entrypoints.studio.automations.flow_names import FlowNames
from mailflatrate.entrypoints.ui.templatetags.controls import percent
from mailflatrate.rules.automations.graph import Entry, EntryKind, Goal, Graph, LateRule, ReentryMode, ZoneOf
from mailflatrate.rules.automations.step import GraphProblem, Step
from mailflatrate.rules.automations.steps import Branch, Notify, Send, SetField, Split, Wait, WaitKind, WaitRule
from mailflatrate.rules.automations.triggers import TRIGGERS
from mailflatrate.rules.fields.values import value_text

LATE_WORDS: Mapping[LateRule, str | Promise] = {
    LateRule.SEND: lazy("Continue, even if it's late"),
    LateRule.SKIP: lazy("Skip late messages and continue"),
    LateRule.END: lazy("End the automation for that person"),
}
_GONE = lazy("(deleted)")
_NOT_CHOSEN = lazy("(not chosen yet)")
_ANY_SIZE = 60


def problem_sentence(problem: GraphProblem) -> str:
    return _(problem.message).format(**dict(problem.params))


def entry_title(entry: Entry, names: FlowNames) -> str:
    if entry.on in _ENTRY_TITLES:
        return _ENTRY_TITLES[entry.on](entry, names)
    trigger = TRIGGERS[entry.on]
    value = getattr(entry, trigger.setting)
    named = _quoted(value) if isinstance(value, str) else _named(names.named(trigger.setting), value)
    return _(trigger.sentence) % {"name": named}


def _confirmed_title(entry: Entry, names: FlowNames) -> str:
    if entry.form is None:
        return _("Starts when a sign-up to “%(list)s” is confirmed") % {"list": names.mailing_list}
    facts = {"list": names.mailing_list, "form": _named(names.forms, entry.form)}
    return _("Starts when someone confirms their sign-up to “%(list)s” through %(form)s") % facts


def _date_title(entry: Entry, names: FlowNames) -> str:
    day = offset_text(entry.offset_days, _field(names, entry.field))
    return _("Starts every year %(day)s") % {"day": day} if entry.yearly else _("Starts %(day)s") % {"day": day}


def _clicked_title(entry: Entry, names: FlowNames) -> str:
    if entry.campaign is None:
        return _("Starts when someone clicks a link in any campaign")
    return _("Starts when someone clicks a link in %(name)s") % {"name": _named(names.campaigns, entry.campaign)}


def _inactive_title(entry: Entry, names: FlowNames) -> str:
    return ngettext(
        "Starts after %(days)s day without any activity",
        "Starts after %(days)s days without any activity",
        entry.days,
    ) % {"days": entry.days}


_ENTRY_TITLES: Mapping[EntryKind, Callable[[Entry, FlowNames], str]] = {
    EntryKind.CONFIRMED: _confirmed_title,
    EntryKind.DATE: _date_title,
    EntryKind.CLICKED: _clicked_title,
    EntryKind.INACTIVE: _inactive_title,
}
"""The entries that say more than the name of their setting."""


def entry_detail(entry: Entry, names: FlowNames) -> str:
    only = _("only confirmed subscribers of “%(list)s”") % {"list": names.mailing_list}
    if entry.on is EntryKind.CONFIRMED:
        return _("Imported contacts don't start it")
    if entry.on is EntryKind.DATE:
        whose = _("in their time zone") if entry.zone is ZoneOf.PERSON else _("in your account's time zone")
        return _("at %(time)s %(whose)s") % {"time": entry.at, "whose": whose} + f" · {only}"
    if entry.on is EntryKind.CLICKED and entry.link:
        return f"{_short(entry.link)} · {only}"
    return only[:1].upper() + only[1:]


@singledispatch
def step_title(step: Step, names: FlowNames, conditions: Mapping[str, str]) -> str:
    """Return what a step does, as a sentence without a full stop; `conditions` are those of branches, by their key."""
    named = [(setting.names, getattr(step, name)) for name, setting in step.settings().items() if setting.names]
    return _(step.sentence) % {"name": _named(names.named(named[0][0]), named[0][1]) if named else ""}


@step_title.register
def _send_title(step: Send, names: FlowNames, conditions: Mapping[str, str]) -> str:
    message = names.messages.get(step.campaign or 0)
    return _(step.sentence) % {"name": _quoted(message.name) if message else _NOT_CHOSEN}


@step_title.register
def _wait_title(step: Wait, names: FlowNames, conditions: Mapping[str, str]) -> str:
    return wait_title(step.wait, names)


@step_title.register
def _branch_title(step: Branch, names: FlowNames, conditions: Mapping[str, str]) -> str:
    condition = conditions.get(step.id)
    return _("If: %(condition)s") % {"condition": condition} if condition else _(step.label)


@step_title.register
def _split_title(step: Split, names: FlowNames, conditions: Mapping[str, str]) -> str:
    return _("Split at random: %(shares)s") % {"shares": " / ".join(percent(arm.share, 0) for arm in step.arms)}


@step_title.register
def _field_title(step: SetField, names: FlowNames, conditions: Mapping[str, str]) -> str:
    value = _short(_value(step.value))
    return _(step.sentence) % {"field": _field(names, step.field), "value": _quoted(value) if value else _("empty")}


@step_title.register
def _notify_title(step: Notify, names: FlowNames, conditions: Mapping[str, str]) -> str:
    return _(step.sentence) % {"name": names.users.get(step.user or 0) or (_GONE if step.user else _NOT_CHOSEN)}


@singledispatch
def step_detail(step: Step, names: FlowNames) -> str:
    return _(step.detail) if step.detail else ""


@step_detail.register
def _send_detail(step: Send, names: FlowNames) -> str:
    message = names.messages.get(step.campaign or 0)
    return message.subject if message else ""


@step_detail.register
def _wait_detail(step: Wait, names: FlowNames) -> str:
    if step.wait is not None and step.wait.kind in (WaitKind.UNTIL, WaitKind.DATE):
        return _("in their time zone")
    if step.wait is not None and step.wait.kind is WaitKind.EVENT:
        return ngettext("%(days)s day at most", "%(days)s days at most", step.wait.days) % {"days": step.wait.days}
    return ""


@step_detail.register
def _notify_detail(step: Notify, names: FlowNames) -> str:
    return _short(step.text)


def wait_title(rule: WaitRule | None, names: FlowNames) -> str:
    if rule is None:
        return _("Wait")
    match rule.kind:
        case WaitKind.FOR:
            return _("Wait %(span)s") % {"span": span_text(rule)}
        case WaitKind.UNTIL if rule.weekday is None:
            return _("Wait until %(time)s") % {"time": rule.at}
        case WaitKind.UNTIL:
            return _("Wait until %(weekday)s, %(time)s") % {"weekday": WEEKDAYS[rule.weekday or 0], "time": rule.at}
        case WaitKind.DATE:
            day = offset_text(rule.days, _field(names, rule.field))
            return _("Wait until %(day)s, %(time)s") % {"day": day, "time": rule.at}
        case WaitKind.EVENT:
            return _("Wait for the event %(name)s") % {"name": _quoted(rule.event)}


def span_text(rule: WaitRule) -> str:
    parts = [
        ngettext("%(count)s day", "%(count)s days", rule.days) % {"count": rule.days} if rule.days else "",
        ngettext("%(count)s hour", "%(count)s hours", rule.hours) % {"count": rule.hours} if rule.hours else "",
        ngettext("%(count)s minute", "%(count)s minutes", rule.minutes) % {"count": rule.minutes}
        if rule.minutes
        else "",
    ]
    return get_text_list([part for part in parts if part], _("and")) or str(_NOT_CHOSEN)


def offset_text(days: int, name: str) -> str:
    """Return a day by its distance from a date field: “on “Birthday””, “3 days before “Birthday””."""
    if not days:
        return _("on %(field)s") % {"field": name}
    facts = {"days": abs(days), "field": name}
    if days < 0:
        return ngettext("%(days)s day before %(field)s", "%(days)s days before %(field)s", -days) % facts
    return ngettext("%(days)s day after %(field)s", "%(days)s days after %(field)s", days) % facts


def goal_detail(goal: Goal, titles: Mapping[str, str]) -> str:
    if goal.then == "end":
        return _("People who reach it leave the automation")
    return _("People who reach it continue at: %(step)s") % {"step": titles.get(goal.then, str(_GONE))}


def rule_sentences(graph: Graph) -> list[str]:
    reentry = {
        ReentryMode.NEVER: _("Each person goes through it once."),
        ReentryMode.ALWAYS: _("People can go through it again at any time."),
        ReentryMode.AFTER: ngettext(
            "People can go through it again after %(days)s day.",
            "People can go through it again after %(days)s days.",
            graph.reentry.days,
        )
        % {"days": graph.reentry.days},
    }[graph.reentry.mode]
    late = {
        LateRule.SEND: _("If a step is more than a day late, it continues anyway."),
        LateRule.SKIP: _("If a message is more than a day late, it's skipped."),
        LateRule.END: _("If a step is more than a day late, the automation ends for that person."),
    }[graph.late]
    sentences = [reentry, late]
    if graph.cap_per_week:
        sentences.append(
            ngettext(
                "At most %(count)s message a week to each person.",
                "At most %(count)s messages a week to each person.",
                graph.cap_per_week,
            )
            % {"count": graph.cap_per_week}
        )
    if graph.quiet:
        sentences.append(
            _("No messages between %(start)s and %(end)s, in each person's time zone.")
            % {"start": graph.quiet.start, "end": graph.quiet.end}
        )
    return sentences


def condition_sentences(graph: Graph) -> tuple[dict[str, str], str]:
    steps = [step for step in graph.all_steps() if isinstance(step, Branch) and step.condition]
    goal: list[Any] = [graph.goal.condition] if graph.goal is not None and graph.goal.condition else []
    sentences = segment_sentences([*(step.condition for step in steps), *goal])
    return {step.id: sentences[number] for number, step in enumerate(steps)}, sentences[-1] if goal else ""


def _named(names: Mapping[int, str], number: int | None) -> str:
    if number is None:
        return str(_NOT_CHOSEN)
    return _quoted(names[number]) if number in names else str(_GONE)


def _field(names: FlowNames, key: str) -> str:
    field = names.fields.get(key)
    return _quoted(field.label or key if field else key)


def _quoted(name: str) -> str:
    return _("“%(name)s”") % {"name": name} if name else str(_NOT_CHOSEN)


def _value(value: Any) -> str:
    return ", ".join(map(value_text, value)) if isinstance(value, list) else value_text(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _ANY_SIZE else f"{line[: _ANY_SIZE - 1]}…"

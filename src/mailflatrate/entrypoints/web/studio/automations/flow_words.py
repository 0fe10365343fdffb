"""Says what starts an automation, what each step does and for how long it waits, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from mailflatrate.entrypoints.presenters.segment_sentences import segment_sentences
from mailflatrate.entrypoints.web.studio.automations.flow_names import FlowNames
from mailflatrate.entrypoints.web.templatetags.controls import percent
from mailflatrate.rules.automations.graph import (
    Entry,
    EntryKind,
    Goal,
    Graph,
    LateRule,
    ReentryMode,
    Step,
    StepKind,
    WaitKind,
    WaitRule,
    ZoneOf,
)
from mailflatrate.rules.automations.problems import GraphProblem
from mailflatrate.rules.fields.values import value_text

KIND_WORDS: Mapping[StepKind, str | Promise] = {
    StepKind.SEND: lazy("Send a message"),
    StepKind.WAIT: lazy("Wait"),
    StepKind.BRANCH: lazy("Branch on a condition"),
    StepKind.SPLIT: lazy("Split at random"),
    StepKind.SET_FIELD: lazy("Set a field"),
    StepKind.ADD_TAG: lazy("Add a tag"),
    StepKind.REMOVE_TAG: lazy("Remove a tag"),
    StepKind.NOTIFY: lazy("Notify a colleague"),
    StepKind.WEBHOOK: lazy("Call a webhook"),
    StepKind.GO_TO: lazy("Go to another automation"),
    StepKind.END: lazy("End the automation"),
}
ICONS: Mapping[StepKind, str] = {
    StepKind.SEND: "mail",
    StepKind.WAIT: "clock",
    StepKind.BRANCH: "git-branch",
    StepKind.SPLIT: "split",
    StepKind.SET_FIELD: "pencil",
    StepKind.ADD_TAG: "tag",
    StepKind.REMOVE_TAG: "tag",
    StepKind.NOTIFY: "bell",
    StepKind.WEBHOOK: "webhook",
    StepKind.GO_TO: "workflow",
    StepKind.END: "circle-stop",
}
ENTRY_WORDS: Mapping[EntryKind, str | Promise] = {
    EntryKind.CONFIRMED: lazy("Someone confirms their sign-up"),
    EntryKind.DATE: lazy("A date, such as a birthday or a renewal"),
    EntryKind.SEGMENT_ENTERED: lazy("Someone joins a segment"),
    EntryKind.SEGMENT_LEFT: lazy("Someone leaves a segment"),
    EntryKind.TAG_ADDED: lazy("Someone gets a tag"),
    EntryKind.EVENT: lazy("An event from your shop or system"),
    EntryKind.CLICKED: lazy("Someone clicks a link"),
    EntryKind.INACTIVE: lazy("Someone becomes inactive"),
}
LATE_WORDS: Mapping[LateRule, str | Promise] = {
    LateRule.SEND: lazy("Continue, even if it's late"),
    LateRule.SKIP: lazy("Skip late messages and continue"),
    LateRule.END: lazy("End the automation for that person"),
}
_GONE = lazy("(deleted)")
_NOT_CHOSEN = lazy("(not chosen yet)")
_ANY_SIZE = 60


def problem_sentence(problem: GraphProblem) -> str:
    """Return what is wrong and how to fix it."""
    return _(problem.message).format(**dict(problem.params))


def entry_title(entry: Entry, names: FlowNames) -> str:
    """Return what starts the automation, as a sentence without a full stop."""
    said = {"list": names.mailing_list, "days": entry.days}
    match entry.on:
        case EntryKind.CONFIRMED:
            if entry.form is not None:
                said["form"] = _named(names.forms, entry.form)
                return _("Starts when someone confirms their sign-up to “%(list)s” through %(form)s") % said
            return _("Starts when a sign-up to “%(list)s” is confirmed") % said
        case EntryKind.DATE:
            day = offset_text(entry.offset_days, _field(names, entry.field))
            return _("Starts every year %(day)s") % {"day": day} if entry.yearly else _("Starts %(day)s") % {"day": day}
        case EntryKind.SEGMENT_ENTERED:
            return _("Starts when someone joins the segment %(name)s") % {"name": _named(names.segments, entry.segment)}
        case EntryKind.SEGMENT_LEFT:
            return _("Starts when someone leaves the segment %(name)s") % {
                "name": _named(names.segments, entry.segment)
            }
        case EntryKind.TAG_ADDED:
            return _("Starts when someone gets the tag %(name)s") % {"name": _named(names.tags, entry.tag)}
        case EntryKind.EVENT:
            return _("Starts with the event %(name)s") % {"name": _quoted(entry.name)}
        case EntryKind.CLICKED:
            if entry.campaign is None:
                return _("Starts when someone clicks a link in any campaign")
            return _("Starts when someone clicks a link in %(name)s") % {
                "name": _named(names.campaigns, entry.campaign)
            }
        case EntryKind.INACTIVE:
            return ngettext(
                "Starts after %(days)s day without any activity",
                "Starts after %(days)s days without any activity",
                entry.days,
            ) % {"days": entry.days}


def entry_detail(entry: Entry, names: FlowNames) -> str:
    """Return the rest of what starts it: the time of day, the link, or the list."""
    only = _("only confirmed subscribers of “%(list)s”") % {"list": names.mailing_list}
    if entry.on is EntryKind.CONFIRMED:
        return _("Imported contacts don't start it")
    if entry.on is EntryKind.DATE:
        whose = _("in their time zone") if entry.zone is ZoneOf.PERSON else _("in your account's time zone")
        return _("at %(time)s %(whose)s") % {"time": entry.at, "whose": whose} + f" · {only}"
    if entry.on is EntryKind.CLICKED and entry.link:
        return f"{_short(entry.link)} · {only}"
    return only[:1].upper() + only[1:]


def step_title(step: Step, names: FlowNames, conditions: Mapping[str, str]) -> str:
    """Return what a step does, as a sentence without a full stop; `conditions` are those of branches, by their key."""
    match step.do:
        case StepKind.SEND:
            message = names.messages.get(step.campaign or 0)
            return _("Send %(name)s") % {"name": _quoted(message.name) if message else _NOT_CHOSEN}
        case StepKind.WAIT:
            return wait_title(step.wait, names)
        case StepKind.BRANCH:
            condition = conditions.get(step.id)
            return _("If: %(condition)s") % {"condition": condition} if condition else str(KIND_WORDS[step.do])
        case StepKind.SPLIT:
            return _("Split at random: %(shares)s") % {"shares": " / ".join(percent(arm.share, 0) for arm in step.arms)}
        case StepKind.SET_FIELD:
            return _("Set %(field)s to %(value)s") % {
                "field": _field(names, step.field),
                "value": _quoted(_short(_value(step.value))) if _value(step.value) else _("empty"),
            }
        case StepKind.ADD_TAG:
            return _("Add the tag %(name)s") % {"name": _named(names.tags, step.tag)}
        case StepKind.REMOVE_TAG:
            return _("Remove the tag %(name)s") % {"name": _named(names.tags, step.tag)}
        case StepKind.NOTIFY:
            who = names.users.get(step.user or 0)
            return _("Notify %(name)s") % {"name": who or (_GONE if step.user else _NOT_CHOSEN)}
        case StepKind.WEBHOOK:
            return _("Call the webhook %(name)s") % {"name": _named(names.endpoints, step.endpoint)}
        case StepKind.GO_TO:
            return _("Go to %(name)s") % {"name": _named(names.automations, step.automation)}
        case StepKind.END:
            return _("End")


def step_detail(step: Step, names: FlowNames) -> str:
    """Return the second line of a step."""
    match step.do:
        case StepKind.SEND:
            message = names.messages.get(step.campaign or 0)
            return message.subject if message else ""
        case StepKind.WAIT if step.wait is not None and step.wait.kind in (WaitKind.UNTIL, WaitKind.DATE):
            return _("in their time zone")
        case StepKind.WAIT if step.wait is not None and step.wait.kind is WaitKind.EVENT:
            return ngettext("%(days)s day at most", "%(days)s days at most", step.wait.days) % {"days": step.wait.days}
        case StepKind.NOTIFY:
            return _short(step.text)
        case StepKind.GO_TO:
            return _("They leave this automation")
        case StepKind.END:
            return _("People who get here have finished")
    return ""


def wait_title(rule: WaitRule | None, names: FlowNames) -> str:
    """Return how long a step waits, as a sentence without a full stop."""
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
    """Return a span such as “2 days and 3 hours”."""
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
    said = {"days": abs(days), "field": name}
    if days < 0:
        return ngettext("%(days)s day before %(field)s", "%(days)s days before %(field)s", -days) % said
    return ngettext("%(days)s day after %(field)s", "%(days)s days after %(field)s", days) % said


def goal_detail(goal: Goal, titles: Mapping[str, str]) -> str:
    """Return what happens to people who reach the goal; `titles` are those of the steps it may lead to."""
    if goal.then == "end":
        return _("People who reach it leave the automation")
    return _("People who reach it continue at: %(step)s") % {"step": titles.get(goal.then, str(_GONE))}


def rule_sentences(graph: Graph) -> list[str]:
    """Return the rules of the whole automation, one sentence each."""
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
    found = [reentry, late]
    if graph.cap_per_week:
        found.append(
            ngettext(
                "At most %(count)s message a week to each person.",
                "At most %(count)s messages a week to each person.",
                graph.cap_per_week,
            )
            % {"count": graph.cap_per_week}
        )
    if graph.quiet:
        found.append(
            _("No messages between %(start)s and %(end)s, in each person's time zone.")
            % {"start": graph.quiet.start, "end": graph.quiet.end}
        )
    return found


def condition_sentences(graph: Graph) -> tuple[dict[str, str], str]:
    """Return the conditions of all branches by their step, and that of the goal; one that is missing is empty."""
    steps = [step for step in graph.all_steps() if step.do is StepKind.BRANCH and step.condition]
    goal: list[Any] = [graph.goal.condition] if graph.goal is not None and graph.goal.condition else []
    said = segment_sentences([*(step.condition for step in steps), *goal])
    return {step.id: said[number] for number, step in enumerate(steps)}, said[-1] if goal else ""


def _named(names: Mapping[int, str], number: int | None) -> str:
    if number is None:
        return str(_NOT_CHOSEN)
    return _quoted(names[number]) if number in names else str(_GONE)


def _field(names: FlowNames, key: str) -> str:
    known = names.fields.get(key)
    return _quoted(known.label or key if known else key)


def _quoted(name: str) -> str:
    return _("“%(name)s”") % {"name": name} if name else str(_NOT_CHOSEN)


def _value(value: Any) -> str:
    return ", ".join(map(value_text, value)) if isinstance(value, list) else value_text(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _ANY_SIZE else f"{line[: _ANY_SIZE - 1]}…"

"""Describes a segment as a sentence in the reader's language, such as “Contacts whose city is “Kiel””."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mailflatrate.apps.lists import fields
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.segments.conditions.checks import named_by
from mailflatrate.apps.segments.conditions.choices import named
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.apps.segments.conditions.tree import Condition, PropertyTest, SegmentGroup
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.locale.formats import formats_of, written_date, written_number
from mailflatrate.rules.conditions import Field, Match, Op
from mailflatrate.rules.sending.providers import provider_name

FIELD_WORDS: Mapping[Field, str | Promise] = {
    Field.ATTRIBUTE: lazy("Custom field"),
    Field.FIRST_NAME: lazy("First name"),
    Field.LAST_NAME: lazy("Last name"),
    Field.EMAIL_DOMAIN: lazy("Email domain"),
    Field.PROVIDER: lazy("Mailbox provider"),
    Field.LIST: lazy("List"),
    Field.TAG: lazy("Tag"),
    Field.FORM: lazy("Sign-up form"),
    Field.SOURCE: lazy("Source of sign-up"),
    Field.CONSENT: lazy("Last confirmation"),
    Field.ACTIVITY: lazy("Last activity"),
    Field.CAMPAIGN: lazy("Earlier campaign"),
    Field.RECEIVED: lazy("Campaigns received"),
    Field.CLICKED: lazy("Clicks"),
    Field.ANSWERED: lazy("Answers"),
    Field.EVENT: lazy("Event"),
}


@dataclass(frozen=True, slots=True)
class SegmentNames:
    ids: Mapping[Field, Mapping[int, str]]
    labels: Mapping[str, str]

    def of(self, field: Field, ids: Iterable[int]) -> list[str]:
        """Return the names in quotation marks; for a deleted object, a note that it was deleted."""
        names = self.ids.get(field, {})
        return [_quoted(names[number]) if number in names else str(_("(deleted)")) for number in ids]


def names_in(trees: Iterable[SegmentGroup]) -> SegmentNames:
    requested_ids: dict[Field, set[int]] = {}
    keys: set[str] = set()
    for tree in trees:
        for condition in tree.conditions():
            if condition.field is Field.ATTRIBUTE:
                keys.add(condition.key)
            for field, ids in named_by(condition).items():
                requested_ids.setdefault(field, set()).update(ids)
    labels = {key: row.label for key, row in fields.definitions(keys).items()} if keys else {}
    return SegmentNames({field: named(field, ids) for field, ids in requested_ids.items()}, labels)


def segment_sentences(definitions: Sequence[object]) -> list[str]:
    """Return a sentence for each stored segment; for one that can't be read, its error."""
    trees: list[SegmentGroup | str] = []
    for definition in definitions:
        try:
            trees.append(parse_segment(definition))
        except SegmentError as error:
            trees.append(error_sentence(error))
    names = names_in(tree for tree in trees if isinstance(tree, SegmentGroup))
    return [tree if isinstance(tree, str) else segment_sentence(tree, names) for tree in trees]


def segment_sentence(tree: SegmentGroup, names: SegmentNames | None = None) -> str:
    """Return a segment as a sentence without a full stop."""
    names = names_in([tree]) if names is None else names
    return _said(tree, names, is_whole=True)


def _said(group: SegmentGroup, names: SegmentNames, *, is_whole: bool = False) -> str:
    included = _joined([_item(item, names, len(group.included)) for item in group.included], group.match)
    if is_whole or not included:
        included = _("Contacts %(conditions)s") % {"conditions": included} if included else _("Everyone")
    if not group.excluded:
        return included
    taken_out = _joined([_item(item, names, 1) for item in group.excluded], Match.ANY)
    return _("%(people)s, but not those %(conditions)s") % {"people": included, "conditions": taken_out}


def _item(item: Condition | SegmentGroup, names: SegmentNames, number: int) -> str:
    if isinstance(item, Condition):
        return condition_sentence(item, names)
    sentence = _said(item, names)
    return f"({sentence})" if (number > 1 and len(item.items) > 1) or item.excluded else sentence


def _joined(parts: Sequence[str], match: Match) -> str:
    return (_(" and ") if match is Match.ALL else _(" or ")).join(parts)


def condition_sentence(condition: Condition, names: SegmentNames) -> str:
    """Return one condition as a relative clause: “whose city is …”, “who have the tag …”."""
    return _CLAUSES.get(condition.field, _compared)(condition, names)


def _quoted(text: object) -> str:
    return str(_("“%(text)s”") % {"text": text})


def _choice(texts: Sequence[str], word: str) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])}{word}{texts[-1]}"


_COMPARED: Mapping[Op, str | Promise] = {
    Op.EQUALS: lazy("whose %(field)s is %(value)s"),
    Op.NOT_EQUALS: lazy("whose %(field)s isn't %(value)s"),
    Op.CONTAINS: lazy("whose %(field)s contains %(value)s"),
    Op.NOT_CONTAINS: lazy("whose %(field)s doesn't contain %(value)s"),
    Op.STARTS: lazy("whose %(field)s starts with %(value)s"),
    Op.IN: lazy("whose %(field)s is %(value)s"),
    Op.HAS_ALL: lazy("whose %(field)s includes %(value)s"),
    Op.SET: lazy("whose %(field)s isn't empty"),
    Op.EMPTY: lazy("whose %(field)s is empty"),
    Op.LESS: lazy("whose %(field)s is less than %(value)s"),
    Op.AT_MOST: lazy("whose %(field)s is at most %(value)s"),
    Op.MORE: lazy("whose %(field)s is more than %(value)s"),
    Op.AT_LEAST: lazy("whose %(field)s is at least %(value)s"),
    Op.BETWEEN: lazy("whose %(field)s is between %(value)s"),
    Op.BEFORE: lazy("whose %(field)s is before %(value)s"),
    Op.AFTER: lazy("whose %(field)s is after %(value)s"),
    Op.ON_DAY: lazy("whose %(field)s is on %(value)s"),
    Op.YES: lazy("whose %(field)s is “yes”"),
    Op.NO: lazy("whose %(field)s is “no”"),
    Op.LAST_DAYS: lazy("whose %(field)s was %(value)s"),
    Op.ANNIVERSARY: lazy("whose %(field)s has its anniversary %(value)s"),
}


def _compared(condition: Condition, names: SegmentNames) -> str:
    field = condition.key if condition.field is Field.ATTRIBUTE else str(FIELD_WORDS[condition.field])
    if condition.field is Field.ATTRIBUTE:
        field = _quoted(names.labels.get(condition.key) or condition.key)
    return str(_COMPARED[condition.op]) % {"field": field, "value": _value(condition)}


def _value(condition: Condition) -> str:
    op, value, language = condition.op, condition.value, get_language() or "en"
    if op is Op.BETWEEN and isinstance(value, tuple):
        return _(" and ").join(_number(number, language) for number in value)
    if op is Op.LAST_DAYS:
        return _last_days(condition.numbers[0])
    if op is Op.ANNIVERSARY:
        days = condition.numbers[0]
        if not days:
            return str(_("today"))
        return str(ngettext("today or tomorrow", "in the next %(days)d days", days) % {"days": days})
    if op in (Op.BEFORE, Op.AFTER, Op.ON_DAY):
        return written_date(date.fromisoformat(str(value)), language)
    if isinstance(value, tuple):
        return _choice([_quoted(text) for text in value], _(" and ") if op is Op.HAS_ALL else _(" or "))
    return _number(value, language) if isinstance(value, int | float) else _quoted(value)


def _number(value: object, language: str) -> str:
    if not isinstance(value, int | float) or float(value).is_integer():
        return written_number(int(float(str(value))), language)
    whole, decimals = f"{abs(value):.6f}".rstrip("0").split(".")
    point = "." if formats_of(language).thousands == "," else ","
    return f"{'-' if value < 0 else ''}{written_number(int(whole), language)}{point}{decimals}"


def _last_days(days: int) -> str:
    return str(ngettext("in the last day", "in the last %(days)d days", days) % {"days": days})


def _provider(condition: Condition, _names: SegmentNames) -> str:
    told = [provider_name(key, get_language() or "en") for key in condition.texts]
    wording = (
        _("whose mailbox isn't at %(name)s") if condition.op is Op.NOT_EQUALS else _("whose mailbox is at %(name)s")
    )
    return wording % {"name": _choice(told, _(" or "))}


def _list(condition: Condition, names: SegmentNames) -> str:
    facts: dict[str, object] = {"name": _choice(names.of(Field.LIST, condition.numbers), _(" or "))}
    if condition.op is Op.ON_LONGER_DAYS:
        return _("who confirmed %(name)s more than %(days)d days ago") % {**facts, "days": condition.days}
    if condition.days is not None:
        facts["days"] = _last_days(condition.days)
    texts = {
        Op.ON: _("who are confirmed on %(name)s"),
        Op.NOT_ON: _("who aren't confirmed on %(name)s"),
        Op.ON_WITHIN_DAYS: _("who confirmed %(name)s %(days)s"),
    }
    return texts[condition.op] % facts


def _tag(condition: Condition, names: SegmentNames) -> str:
    tags = names.of(Field.TAG, condition.numbers)
    if condition.op in (Op.SET, Op.EMPTY):
        return _("who have a tag") if condition.op is Op.SET else _("who have no tags")
    texts = {
        Op.HAS: (_("who have the tag %(name)s"), _(" or ")),
        Op.HAS_ALL: (_("who have the tags %(name)s"), _(" and ")),
        Op.HAS_NOT: (_("who don't have the tag %(name)s"), _(" or ")),
    }
    wording, word = texts[condition.op]
    return wording % {"name": _choice(tags, word)}


def _form(condition: Condition, names: SegmentNames) -> str:
    choice = _choice(names.of(Field.FORM, condition.numbers), _(" or "))
    if condition.op is Op.NOT_EQUALS:
        return _("who didn't sign up with the form %(name)s") % {"name": choice}
    return _("who signed up with the form %(name)s") % {"name": choice}


def _consent(condition: Condition, _names: SegmentNames) -> str:
    days = _last_days(condition.numbers[0])
    if condition.op is Op.WITHIN_DAYS:
        return _("who confirmed a list %(days)s") % {"days": days}
    return _("who confirmed no list %(days)s") % {"days": days}


def _activity(condition: Condition, _names: SegmentNames) -> str:
    if condition.op is Op.NEVER:
        return _("who were never active")
    days = _last_days(condition.numbers[0])
    if condition.op is Op.WITHIN_DAYS:
        return _("who were active %(days)s") % {"days": days}
    return _("who weren't active %(days)s") % {"days": days}


def _campaign(condition: Condition, names: SegmentNames) -> str:
    name = names.of(Field.CAMPAIGN, condition.numbers)[0]
    if condition.op is Op.GOT:
        return _("who got the campaign %(name)s") % {"name": name}
    return _("who didn't get the campaign %(name)s") % {"name": name}


def _received(condition: Condition, _names: SegmentNames) -> str:
    number = condition.times or 1
    if condition.op is Op.AT_LEAST:
        sentence = ngettext("who received at least one campaign", "who received at least %(number)d campaigns", number)
        dated = ngettext(
            "who received at least one campaign %(days)s", "who received at least %(number)d campaigns %(days)s", number
        )
    else:
        sentence = ngettext("who received no campaign", "who received fewer than %(number)d campaigns", number)
        dated = ngettext(
            "who received no campaign %(days)s", "who received fewer than %(number)d campaigns %(days)s", number
        )
    if condition.days is None:
        return str(sentence % {"number": number})
    return str(dated % {"number": number, "days": _last_days(condition.days)})


def _clicked(condition: Condition, names: SegmentNames) -> str:
    what = [str(_("any link"))]
    if condition.campaign is not None:
        name = names.of(Field.CAMPAIGN, [condition.campaign])[0]
        what = [_("a link in %(name)s") % {"name": name}]
        if condition.link:
            what = [_("the link %(link)s in %(name)s") % {"link": _quoted(condition.link), "name": name}]
    if condition.times is not None and condition.times > 1:
        what.append(_("at least %(times)d times") % {"times": condition.times})
    if condition.days is not None:
        what.append(_last_days(condition.days))
    if condition.op is Op.DID:
        return _("who clicked %(what)s") % {"what": " ".join(what)}
    return _("who agreed to click tracking and didn't click %(what)s") % {"what": " ".join(what)}


def _answered(condition: Condition, names: SegmentNames) -> str:
    what = [str(_("any question"))]
    if condition.campaign is not None:
        name = names.of(Field.CAMPAIGN, [condition.campaign])[0]
        what = [_("a question in %(name)s") % {"name": name}]
        if condition.question:
            named = {"question": _quoted(condition.question), "name": name}
            what = [_("the question %(question)s in %(name)s") % named]
    if condition.answer:
        what.append(_("with %(answer)s") % {"answer": _quoted(condition.answer)})
    if condition.days is not None:
        what.append(_last_days(condition.days))
    if condition.op is Op.DID:
        return _("who answered %(what)s") % {"what": " ".join(what)}
    return _("who agreed to click tracking and didn't answer %(what)s") % {"what": " ".join(what)}


_TESTED: Mapping[Op, str | Promise] = {
    Op.EQUALS: lazy("%(field)s is %(value)s"),
    Op.NOT_EQUALS: lazy("%(field)s isn't %(value)s"),
    Op.CONTAINS: lazy("%(field)s contains %(value)s"),
    Op.STARTS: lazy("%(field)s starts with %(value)s"),
    Op.IN: lazy("%(field)s is %(value)s"),
    Op.SET: lazy("%(field)s isn't empty"),
    Op.LESS: lazy("%(field)s is less than %(value)s"),
    Op.AT_MOST: lazy("%(field)s is at most %(value)s"),
    Op.MORE: lazy("%(field)s is more than %(value)s"),
    Op.AT_LEAST: lazy("%(field)s is at least %(value)s"),
    Op.BEFORE: lazy("%(field)s is before %(value)s"),
    Op.AFTER: lazy("%(field)s is after %(value)s"),
    Op.ON_DAY: lazy("%(field)s is on %(value)s"),
    Op.LAST_DAYS: lazy("%(field)s was %(value)s"),
    Op.YES: lazy("%(field)s is “yes”"),
    Op.NO: lazy("%(field)s is “no”"),
}


def _tested(test: PropertyTest) -> str:
    value = _value(Condition(Field.ATTRIBUTE, test.op, test.value))
    return str(_TESTED[test.op]) % {"field": _quoted(test.name), "value": value}


def event_clause(condition: Condition, _names: SegmentNames) -> str:
    what = [_quoted(condition.event)]
    if condition.times is not None and condition.times > 1:
        what.append(_("at least %(times)d times") % {"times": condition.times})
    if condition.days is not None:
        what.append(_last_days(condition.days))
    if condition.where:
        what.append(_("where %(tests)s") % {"tests": _(" and ").join(_tested(test) for test in condition.where)})
    text = _("who did %(what)s") if condition.op is Op.DID else _("who didn't do %(what)s")
    return text % {"what": " ".join(what)}


_CLAUSES: Mapping[Field, Callable[[Condition, SegmentNames], str]] = {
    Field.PROVIDER: _provider,
    Field.LIST: _list,
    Field.TAG: _tag,
    Field.FORM: _form,
    Field.CONSENT: _consent,
    Field.ACTIVITY: _activity,
    Field.CAMPAIGN: _campaign,
    Field.RECEIVED: _received,
    Field.CLICKED: _clicked,
    Field.ANSWERED: _answered,
    Field.EVENT: event_clause,
}

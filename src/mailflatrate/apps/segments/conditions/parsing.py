"""Reads segments from JSON, with depth, number and length limited before. Anything unknown is refused."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.segments.conditions.tree import VERSION, Condition, PropertyTest, SegmentGroup
from mailflatrate.rules.conditions import (
    ALL_PROPERTY_OPS,
    DATE_OPS,
    MAX_ANNIVERSARY_DAYS,
    MAX_CHOICES,
    MAX_CONDITIONS,
    MAX_DAYS,
    MAX_DEPTH,
    MAX_GROUPS,
    MAX_LINK_CHARACTERS,
    MAX_NAMED,
    MAX_TESTS,
    MAX_TIMES,
    MAX_VALUE_CHARACTERS,
    NUMBER_OPS,
    OPS,
    WITHOUT_VALUE,
    ConditionValue,
    Field,
    Match,
    Op,
)
from mailflatrate.rules.contacts.contact_events import LONGEST_NAME
from mailflatrate.rules.contacts.contact_events import NAME as EVENT_NAME
from mailflatrate.rules.sending.providers import OTHER, PROVIDERS

PROVIDER_KEYS = (*(provider.key for provider in PROVIDERS), OTHER)
_LARGEST_ID = 2**63 - 1


def parse_segment(raw: Any) -> SegmentGroup:
    """From a list (version 1), an object (2) or a tree. Raises SegmentError naming the condition and valid choices."""
    if isinstance(raw, SegmentGroup):
        return raw
    if isinstance(raw, Mapping):
        if raw.get("version", VERSION) != VERSION:
            raise SegmentError(_("this segment has an unknown format; its “version” must be 2"))
        return _SegmentReader().group(raw, depth=0)
    if isinstance(raw, Sequence) and not isinstance(raw, str | bytes):
        return SegmentGroup(items=tuple(parse_conditions(raw)))
    raise SegmentError(_("a segment is a list of conditions, or a group with “match” and “items”"))


def parse_conditions(conditions: Sequence[Any]) -> list[Condition]:
    """Raises SegmentError naming the invalid one."""
    if len(conditions) > MAX_CONDITIONS:
        raise SegmentError(_("a segment can have up to %(limit)d conditions") % {"limit": MAX_CONDITIONS})
    reader = _SegmentReader()
    return [reader.condition(raw) for raw in conditions]


def listed(choices: Sequence[Any], most: int = 30) -> str:
    names = ", ".join(str(getattr(choice, "value", choice)) for choice in choices[:most])
    return f"{names}, …" if len(choices) > most else names


class _SegmentReader:
    def __init__(self) -> None:
        self._conditions = 0
        self._groups = 0

    def group(self, raw: Mapping[str, Any], depth: int) -> SegmentGroup:
        if depth > MAX_DEPTH:
            raise SegmentError(_("groups can be nested up to %(limit)d deep") % {"limit": MAX_DEPTH})
        if depth:
            self._groups += 1
            if self._groups > MAX_GROUPS:
                raise SegmentError(_("a segment can have up to %(limit)d groups") % {"limit": MAX_GROUPS})
        try:
            match = Match(str(raw.get("match", Match.ALL.value)))
        except ValueError:
            raise SegmentError(_("choose how many conditions must match: %(choices)s") % _of(list(Match))) from None
        items, exclude = raw.get("items", []), raw.get("exclude", False)
        if not isinstance(items, list | tuple) or not isinstance(exclude, bool):
            raise SegmentError(_("a group has “match”, “items” (a list) and “exclude” (true or false)"))
        if exclude and not depth:
            raise SegmentError(_("the whole segment can't be an exclusion; put the exclusion in a group"))
        if depth and not items:
            raise SegmentError(_("a group is empty: add a condition to it, or remove it"))
        if len(items) > MAX_CONDITIONS + MAX_GROUPS:
            raise SegmentError(_("a segment can have up to %(limit)d conditions") % {"limit": MAX_CONDITIONS})
        return SegmentGroup(match, tuple(self._item(item, depth) for item in items), exclude)

    def _item(self, raw: Any, depth: int) -> Condition | SegmentGroup:
        is_group = isinstance(raw, Mapping) and ("items" in raw or "match" in raw)
        return self.group(raw, depth + 1) if is_group else self.condition(raw)

    def condition(self, raw: Any) -> Condition:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise SegmentError(_("a segment can have up to %(limit)d conditions") % {"limit": MAX_CONDITIONS})
        if isinstance(raw, Condition):
            return raw
        return _condition(_("condition %(number)d") % {"number": self._conditions}, raw)


def _of(choices: Sequence[Any]) -> dict[str, str]:
    return {"choices": listed(choices)}


def _condition(where: str, raw: Any) -> Condition:
    if not isinstance(raw, Mapping):
        raise SegmentError(f"{where}: {_('this is not a condition')}")
    try:
        field = Field(str(raw.get("field")))
    except ValueError:
        raise SegmentError(f"{where}: {_('choose what to compare: %(choices)s') % _of(list(Field))}") from None
    try:
        op = Op(str(raw.get("op")))
    except ValueError:
        raise SegmentError(f"{where}: {_('choose how to compare: %(choices)s') % _of(OPS[field])}") from None
    if op not in OPS[field]:
        message = _("this field cannot be compared that way (“%(field)s”, “%(op)s”); choose one of: %(choices)s")
        raise SegmentError(f"{where}: {message % {'field': field.value, 'op': op.value, **_of(OPS[field])}}")
    key = str(raw.get("key") or "").strip() if field is Field.ATTRIBUTE else ""
    if field is Field.ATTRIBUTE and not (key and len(key) <= 60 and "\0" not in key):
        raise SegmentError(f"{where}: {_('choose a field')}")
    return Condition(field, op, _value(where, field, op, raw.get("value")), key, **_extras(where, field, op, raw))


def _extras(where: str, field: Field, op: Op, raw: Mapping[str, Any]) -> dict[str, Any]:
    if field is Field.LIST and op in (Op.ON_WITHIN_DAYS, Op.ON_LONGER_DAYS):
        return {"days": _days(where, raw.get("days"))}
    if field not in _REPEATED:
        return {}
    extras: dict[str, Any] = {"days": _days(where, raw["days"]) if _given(raw, "days") else None}
    if _given(raw, "times") or field is Field.RECEIVED:
        message = _("enter a number of times from 1 to %(limit)d") % {"limit": MAX_TIMES}
        extras["times"] = _whole(where, raw.get("times"), message, maximum=MAX_TIMES)
    if field is Field.EVENT:
        extras |= {"event": _event(where, raw.get("event")), "where": _tests(where, raw.get("where"))}
    if field in (Field.CLICKED, Field.ANSWERED) and _given(raw, "campaign"):
        extras["campaign"] = _whole(where, raw["campaign"], _("choose a campaign"), maximum=_LARGEST_ID)
    if field is Field.CLICKED and _given(raw, "link"):
        link = str(raw["link"]).strip()
        if "campaign" not in extras:
            raise SegmentError(f"{where}: {_('choose the campaign of the link')}")
        if len(link) > MAX_LINK_CHARACTERS or "\0" in link:
            raise SegmentError(f"{where}: " + _("enter up to %(limit)d characters") % {"limit": MAX_LINK_CHARACTERS})
        extras["link"] = link
    if field is Field.ANSWERED:
        extras |= _answer(where, raw, has_campaign="campaign" in extras)
    return extras


def _answer(where: str, raw: Mapping[str, Any], *, has_campaign: bool) -> dict[str, str]:
    answer = {name: _text(where, raw[name]) for name in ("question", "answer") if _given(raw, name)}
    if ("question" in answer and not has_campaign) or ("answer" in answer and "question" not in answer):
        raise SegmentError(f"{where}: {_('choose the campaign and the question of the answer')}")
    return answer


def _given(raw: Mapping[str, Any], name: str) -> bool:
    return raw.get(name) is not None and str(raw[name]).strip() != ""


def _days(where: str, raw: Any, *, maximum: int = MAX_DAYS, least: int = 1) -> int:
    message = _("enter a number of days from %(least)d to %(limit)d") % {"least": least, "limit": maximum}
    return _whole(where, raw, message, maximum=maximum, least=least)


def _value(where: str, field: Field, op: Op, raw: Any) -> ConditionValue:
    if op in WITHOUT_VALUE or field in _REPEATED:
        return None
    if field in _NAMED:
        return _ids(where, field, raw)
    if field is Field.PROVIDER:
        return _providers(where, raw)
    if op is Op.ANNIVERSARY:
        return _days(where, raw, maximum=MAX_ANNIVERSARY_DAYS, least=0)
    if op in (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS, Op.LAST_DAYS):
        return _days(where, raw)
    if op in (Op.IN, Op.HAS_ALL):
        return _texts(where, raw)
    if op is Op.BETWEEN:
        return _between(where, raw)
    if op in NUMBER_OPS:
        return _number(where, raw)
    if op in DATE_OPS:
        return _date(where, raw)
    if op in (Op.EQUALS, Op.NOT_EQUALS) and field is Field.ATTRIBUTE:
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return _number(where, raw)
        if isinstance(raw, list | tuple):  # not one of several choices
            return _texts(where, raw)
    return _text(where, raw)


def _event(where: str, raw: Any) -> str:
    name = str(raw or "").strip()
    if len(name) > LONGEST_NAME or not re.fullmatch(EVENT_NAME, name):
        raise SegmentError(f"{where}: {_('choose an event, such as order.placed')}")
    return name


def _tests(where: str, raw: Any) -> tuple[PropertyTest, ...]:
    given = [] if raw is None else raw
    if not isinstance(given, list | tuple) or len(given) > MAX_TESTS:
        raise SegmentError(f"{where}: " + _("“where” is a list of up to %(limit)d tests") % {"limit": MAX_TESTS})
    return tuple(_test(where, test) for test in given)


def _test(where: str, raw: Any) -> PropertyTest:
    if isinstance(raw, PropertyTest):
        return raw
    name = str(raw.get("property") or "") if isinstance(raw, Mapping) else ""
    if len(name) > LONGEST_NAME or not re.fullmatch(EVENT_NAME, name):
        raise SegmentError(f"{where}: {_('choose a property of the event')}")
    op = next((comparison for comparison in ALL_PROPERTY_OPS if comparison.value == raw.get("op")), None)
    if op is None:
        raise SegmentError(f"{where}: {_('choose how to compare: %(choices)s') % _of(ALL_PROPERTY_OPS)}")
    return PropertyTest(name, op, _value(where, Field.ATTRIBUTE, op, raw.get("value")))


_REPEATED = (Field.RECEIVED, Field.CLICKED, Field.ANSWERED, Field.EVENT)
_NAMED: dict[Field, Callable[[], str]] = {
    Field.LIST: lambda: _("choose a list"),
    Field.TAG: lambda: _("choose a tag"),
    Field.FORM: lambda: _("choose a form"),
    Field.CAMPAIGN: lambda: _("choose a campaign"),
}
"""Values are ids, one of which is enough."""


def _ids(where: str, field: Field, raw: Any) -> int | tuple[int, ...]:
    message = _NAMED[field]()
    given = raw if isinstance(raw, list | tuple) else [raw]
    if not given or len(given) > MAX_NAMED or (len(given) > 1 and field is Field.CAMPAIGN):
        raise SegmentError(f"{where}: {message}")
    ids = tuple(dict.fromkeys(_whole(where, number, message, maximum=_LARGEST_ID) for number in given))
    return ids[0] if len(ids) == 1 else ids


def _providers(where: str, raw: Any) -> tuple[str, ...]:
    given = raw if isinstance(raw, list | tuple) else [raw]
    keys = tuple(dict.fromkeys(str(name) for name in given))
    if not keys or any(key not in PROVIDER_KEYS for key in keys):
        raise SegmentError(f"{where}: {_('choose a mailbox provider: %(choices)s') % _of(PROVIDER_KEYS)}")
    return keys


def _texts(where: str, raw: Any) -> tuple[str, ...]:
    choices = raw if isinstance(raw, list | tuple) else str(raw or "").split(",")
    if len(choices) <= MAX_CHOICES:
        kept = tuple(_text(where, choice) for choice in choices if str(choice).strip())
        if kept:
            return kept
    raise SegmentError(f"{where}: " + _("enter 1 to %(limit)d values, separated by commas") % {"limit": MAX_CHOICES})


def _between(where: str, raw: Any) -> tuple[float, float]:
    parts = raw if isinstance(raw, list | tuple) else re.split(r"\s*(?:;|\.\.)\s*", str(raw or ""))
    if len(parts) != 2:
        raise SegmentError(f"{where}: {_('enter the lowest and the highest number')}")
    low, high = _number(where, parts[0]), _number(where, parts[1])
    if low > high:
        raise SegmentError(f"{where}: {_('the first number must be the lower one')}")
    return low, high


def _date(where: str, raw: Any) -> str:
    text = str(raw).strip()
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise SegmentError(f"{where}: {_('enter a date, such as 2026-03-31')}")


def _text(where: str, raw: Any) -> str:
    if isinstance(raw, Mapping | list | tuple):
        raise SegmentError(f"{where}: " + _("enter a value"))
    text = str(raw if raw is not None else "").strip()
    if not text:
        raise SegmentError(f"{where}: " + _("enter a value"))
    if len(text) > MAX_VALUE_CHARACTERS or "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise SegmentError(f"{where}: " + _("enter up to %(limit)d characters") % {"limit": MAX_VALUE_CHARACTERS})
    return text


def _number(where: str, raw: Any) -> float:
    text = str(raw if raw is not None else "").strip().replace(",", ".")
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text, re.ASCII):
        raise SegmentError(f"{where}: {_('enter a number, such as 12 or 3.5')}")
    return float(text)


def _whole(where: str, raw: Any, message: str, *, maximum: int, least: int = 1) -> int:
    text = str(raw if raw is not None else "").strip()
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not least <= int(text) <= maximum:
        raise SegmentError(f"{where}: {message}")
    return int(text)

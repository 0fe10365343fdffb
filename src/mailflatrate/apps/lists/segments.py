"""Conditions on contacts, as the visual builder stores them, and their translation to SQL.

One condition is `{"field": ..., "key": ..., "op": ..., "value": ...}`; `key` names the attribute, absent elsewhere. All
conditions of a segment must hold. Values are only ever passed as parameters; the alias is checked.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.rules import sql

MAX_CONDITIONS = 20
MAX_CHOICES = 200
MAX_VALUE_CHARACTERS = 500
MAX_DAYS = 36_500


class Field(StrEnum):
    """The field that a condition tests."""

    ATTRIBUTE = "attribute"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL_DOMAIN = "email_domain"
    LIST = "list"
    TAG = "tag"
    ACTIVITY = "activity"  # last click or double opt-in; opens never count
    CONSENT = "consent"  # age of the newest confirmation
    CAMPAIGN = "mailing"  # got an earlier campaign; a later app says what that means


class Op(StrEnum):
    """The comparison operator. Text comparisons ignore case."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    STARTS = "starts"
    IN = "in"
    SET = "set"
    EMPTY = "empty"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BEFORE = "before"
    AFTER = "after"
    ON = "on"
    NOT_ON = "not_on"
    WITHIN_DAYS = "within_days"
    NOT_WITHIN_DAYS = "not_within_days"
    NEVER = "never"
    HAS = "has"
    HAS_NOT = "has_not"
    GOT = "got"
    NOT_GOT = "not_got"


TEXT_OPS = (Op.EQUALS, Op.NOT_EQUALS, Op.CONTAINS, Op.STARTS, Op.IN, Op.SET, Op.EMPTY)
NUMBER_OPS = {Op.LESS: "<", Op.AT_MOST: "<=", Op.MORE: ">", Op.AT_LEAST: ">="}
DATE_OPS = {Op.BEFORE: "<", Op.AFTER: ">"}
OPS: dict[Field, tuple[Op, ...]] = {
    Field.ATTRIBUTE: (*TEXT_OPS, *NUMBER_OPS, *DATE_OPS),
    Field.FIRST_NAME: TEXT_OPS,
    Field.LAST_NAME: TEXT_OPS,
    Field.EMAIL_DOMAIN: (Op.EQUALS, Op.NOT_EQUALS, Op.CONTAINS, Op.IN),
    Field.LIST: (Op.ON, Op.NOT_ON),
    Field.TAG: (Op.HAS, Op.HAS_NOT),
    Field.ACTIVITY: (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS, Op.NEVER),
    Field.CONSENT: (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS),
    Field.CAMPAIGN: (Op.NOT_GOT, Op.GOT),
}
"""Which comparisons each field offers; the builder draws its menus from this."""

Value = str | int | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A validated condition: `value` has the type that `op` needs (text, number, ISO date text, choices, days)."""

    field: Field
    op: Op
    value: Value = None
    key: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that the segment stores; `parse_conditions` reads it back."""
        stored: dict[str, Any] = {"field": self.field.value, "op": self.op.value}
        if self.key:
            stored["key"] = self.key
        if self.value is not None:
            stored["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return stored


def parse_conditions(conditions: Sequence[Any]) -> list[Condition]:
    """Validate conditions from a page or a table. Raises SegmentError naming the invalid one."""
    if len(conditions) > MAX_CONDITIONS:
        raise SegmentError(_("a segment can have up to %(limit)d conditions") % {"limit": MAX_CONDITIONS})
    return [_parse(number, raw) for number, raw in enumerate(conditions, start=1)]


def _parse(number: int, raw: Any) -> Condition:
    if isinstance(raw, Condition):
        return raw
    where = _("condition %(number)d") % {"number": number}
    if not isinstance(raw, dict):
        raise SegmentError(f"{where}: {_('this is not a condition')}")
    try:
        field = Field(str(raw.get("field")))
    except ValueError:
        raise SegmentError(f"{where}: {_('choose what to compare')}") from None
    try:
        op = Op(str(raw.get("op")))
    except ValueError:
        raise SegmentError(f"{where}: {_('choose how to compare')}") from None
    if op not in OPS[field]:
        raise SegmentError(f"{where}: {_('this field cannot be compared that way')} (“{field.value}”, “{op.value}”)")
    key = str(raw.get("key") or "").strip() if field is Field.ATTRIBUTE else ""
    if field is Field.ATTRIBUTE and not (key and len(key) <= 60 and "\0" not in key):
        raise SegmentError(f"{where}: {_('choose a field')}")
    return Condition(field, op, _value(where, op, raw.get("value")), key)


def _value(where: str, op: Op, raw: Any) -> Value:
    if op in (Op.SET, Op.EMPTY, Op.NEVER):
        return None
    if op is Op.IN:
        choices = raw if isinstance(raw, list | tuple) else str(raw or "").split(",")
        kept = tuple(_text(where, choice) for choice in choices if str(choice).strip())
        if not kept or len(kept) > MAX_CHOICES:
            raise SegmentError(
                f"{where}: " + _("enter 1 to %(limit)d values, separated by commas") % {"limit": MAX_CHOICES}
            )
        return kept
    if op in NUMBER_OPS:
        return _number(where, raw)
    if op in DATE_OPS:
        try:
            return date.fromisoformat(str(raw).strip()).isoformat()
        except ValueError:
            raise SegmentError(f"{where}: {_('enter a date, such as 2026-03-31')}") from None
    if op in (Op.ON, Op.NOT_ON):
        return _whole(where, raw, _("choose a list"), maximum=2**63 - 1)
    if op in (Op.HAS, Op.HAS_NOT):
        return _whole(where, raw, _("choose a tag"), maximum=2**63 - 1)
    if op in (Op.GOT, Op.NOT_GOT):
        return _whole(where, raw, _("choose a campaign"), maximum=2**63 - 1)
    if op in (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS):
        return _whole(
            where, raw, _("enter a number of days from 1 to %(limit)d") % {"limit": MAX_DAYS}, maximum=MAX_DAYS
        )
    return _text(where, raw)


def _text(where: str, raw: Any) -> str:
    text = str(raw if raw is not None else "").strip()
    if not text:
        raise SegmentError(f"{where}: " + _("enter a value"))
    if len(text) > MAX_VALUE_CHARACTERS or "\0" in text:
        raise SegmentError(f"{where}: " + _("enter up to %(limit)d characters") % {"limit": MAX_VALUE_CHARACTERS})
    return text


def _number(where: str, raw: Any) -> float:
    text = str(raw if raw is not None else "").strip().replace(",", ".")
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text, re.ASCII):
        raise SegmentError(f"{where}: {_('enter a number, such as 12 or 3.5')}")
    return float(text)


def _whole(where: str, raw: Any, wanted: str, *, maximum: int) -> int:
    text = str(raw if raw is not None else "").strip()
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not 1 <= int(text) <= maximum:
        raise SegmentError(f"{where}: {wanted}")
    return int(text)


def conditions_sql(conditions: Sequence[Any], alias: str = "c") -> tuple[str, list[Any]]:
    """Return a boolean SQL expression over the contact table under `alias`, and its parameters in order.

    True for all contacts if there are no conditions. Raises SegmentError.
    """
    if not re.fullmatch(r"[a-z_]{1,20}", alias):
        raise ValueError(f"no table alias: {alias!r}")
    parts: list[str] = []
    parameters: list[Any] = []
    for condition in parse_conditions(conditions):
        sql, values = _BUILDERS[condition.field](condition, alias)
        parts.append(f"({sql})")
        parameters += values
    return (" AND ".join(parts) or "TRUE"), parameters


def named_sql(sql: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Return an expression for a statement with named parameters; its own are called `segment_0` and so on."""
    first, *rest = sql.split("%s")
    named = first + "".join(f"%(segment_{position})s{part}" for position, part in enumerate(rest))
    return named, {f"segment_{position}": value for position, value in enumerate(values)}


Built = tuple[str, list[Any]]
"""A boolean SQL expression and its parameters, in order."""


def _text_sql(expression: str, before: list[Any], condition: Condition) -> Built:
    """Compare a text expression that takes the parameters `before`. A missing value counts as empty text."""
    text = f"lower(coalesce({expression}, ''))"
    match condition.op:
        case Op.SET:
            return f"{text} <> ''", before
        case Op.EMPTY:
            return f"{text} = ''", before
        case Op.IN:
            assert isinstance(condition.value, tuple)
            return f"{text} = ANY(%s::text[])", [*before, [value.lower() for value in condition.value]]
    forms = {
        Op.EQUALS: "{text} = lower(%s)",
        Op.NOT_EQUALS: "{text} <> lower(%s)",
        Op.CONTAINS: "strpos({text}, lower(%s)) > 0",
        Op.STARTS: "starts_with({text}, lower(%s))",
    }
    return forms[condition.op].format(text=text), [*before, condition.value]


# What a spreadsheet calls a number or a date is text here; what cannot be read as one satisfies no comparison.
_AS_NUMBER = "replace(btrim({alias}.attributes->>%s), ',', '.')"
_AS_DATE = (
    r"regexp_replace(btrim({alias}.attributes->>%s), '^(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}})(?!\d).*$', '\3-\2-\1')"
)


def _attribute(condition: Condition, alias: str) -> Built:
    key = condition.key
    if condition.op in NUMBER_OPS:
        value = _AS_NUMBER.format(alias=alias)
        return (
            f"CASE WHEN {value} ~ '^-?[0-9]{{1,15}}(\\.[0-9]+)?$' "
            f"THEN ({value})::numeric {NUMBER_OPS[condition.op]} %s::numeric ELSE FALSE END",
            [key, key, condition.value],
        )
    if condition.op in DATE_OPS:
        value = _AS_DATE.format(alias=alias)
        return (
            f"CASE WHEN {value} ~ '^[0-9]{{4}}-' AND pg_input_is_valid({value}, 'date') "
            f"THEN ({value})::date {DATE_OPS[condition.op]} %s::date ELSE FALSE END",
            [key, key, key, condition.value],
        )
    sql, values = _text_sql(f"{alias}.attributes->>%s", [key], condition)
    if condition.op not in (Op.EQUALS, Op.NOT_EQUALS, Op.IN):
        return sql, values
    # A field of several choices has a list; one of them is enough.
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    chosen = (
        f"EXISTS (SELECT 1 FROM jsonb_array_elements_text({alias}.attributes->%s) AS chosen "  # noqa: S608  checked
        "WHERE lower(chosen) = ANY(%s::text[]))"
    )
    if condition.op is Op.NOT_EQUALS:
        chosen = f"NOT {chosen}"
    return (
        f"CASE WHEN jsonb_typeof({alias}.attributes->%s) = 'array' THEN {chosen} ELSE {sql} END",
        [key, key, [str(value).lower() for value in wanted], *values],
    )


def _column(expression: str) -> Callable[[Condition, str], Built]:
    return lambda condition, alias: _text_sql(expression.format(alias=alias), [], condition)


def _list(condition: Condition, alias: str) -> Built:
    exists = (
        f"EXISTS (SELECT 1 FROM subscription seg WHERE seg.account_id = {alias}.account_id "  # noqa: S608
        f"AND seg.mailing_list_id = %s AND seg.contact_id = {alias}.id AND {sql.is_confirmed('seg.state')})"
    )
    return (exists if condition.op is Op.ON else f"NOT {exists}"), [condition.value]


def _tag(condition: Condition, alias: str) -> Built:
    exists = (
        f"EXISTS (SELECT 1 FROM contact_tag seg WHERE seg.account_id = {alias}.account_id "  # noqa: S608
        f"AND seg.tag_id = %s AND seg.contact_id = {alias}.id)"
    )
    return (exists if condition.op is Op.HAS else f"NOT {exists}"), [condition.value]


def _activity(condition: Condition, alias: str) -> Built:
    column = f"{alias}.last_activity_at"
    if condition.op is Op.NEVER:
        return f"{column} IS NULL", []
    since = f"coalesce({column} >= now() - make_interval(days => %s), FALSE)"
    return (since if condition.op is Op.WITHIN_DAYS else f"NOT {since}"), [condition.value]


def _consent(condition: Condition, alias: str) -> Built:
    recent = (
        f"EXISTS (SELECT 1 FROM subscription seg WHERE seg.account_id = {alias}.account_id AND seg.contact_id = "  # noqa: S608
        f"{alias}.id AND {sql.is_confirmed('seg.state')} AND seg.confirmed_at >= now() - make_interval(days => %s))"
    )
    return (recent if condition.op is Op.WITHIN_DAYS else f"NOT {recent}"), [condition.value]


_BUILDERS: dict[Field, Callable[[Condition, str], Built]] = {
    Field.ATTRIBUTE: _attribute,
    Field.FIRST_NAME: _column("{alias}.first_name"),
    Field.LAST_NAME: _column("{alias}.last_name"),
    Field.EMAIL_DOMAIN: _column("split_part({alias}.email, '@', 2)"),
    Field.LIST: _list,
    Field.TAG: _tag,
    Field.ACTIVITY: _activity,
    Field.CONSENT: _consent,
}


def register_builder(field: Field, build: Callable[[Condition, str], Built]) -> None:
    """Let a later stage define the SQL for conditions on its own rows; this module knows none of its tables."""
    _BUILDERS[field] = build

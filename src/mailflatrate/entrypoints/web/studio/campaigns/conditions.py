"""The builder of segment conditions: rows from a posted form, and the menus for rendering them.

Every row posts all four fields (`c_field`, `c_key`, `c_op`, `c_value`), so that the lists stay aligned.
"""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.lists.queries import attribute_keys
from mailflatrate.apps.lists.segments import DATE_OPS, NUMBER_OPS, OPS, Field, Op
from mailflatrate.apps.lists.tags import tags

MOST_CAMPAIGNS = 50
Pairs = list[tuple[str, Any]]

FIELD_WORDS: dict[Field, str | Promise] = {
    Field.ATTRIBUTE: _("Custom field"),
    Field.FIRST_NAME: _("First name"),
    Field.LAST_NAME: _("Last name"),
    Field.EMAIL_DOMAIN: _("Email domain"),
    Field.LIST: _("List"),
    Field.TAG: _("Tag"),
    Field.ACTIVITY: _("Last activity"),
    Field.CONSENT: _("Last confirmation"),
    Field.CAMPAIGN: _("Earlier campaign"),
}
OP_WORDS: dict[Op, str | Promise] = {
    Op.EQUALS: _("is"),
    Op.NOT_EQUALS: _("is not"),
    Op.CONTAINS: _("contains"),
    Op.STARTS: _("starts with"),
    Op.IN: _("is one of"),
    Op.SET: _("has a value"),
    Op.EMPTY: _("is empty"),
    Op.LESS: _("is less than"),
    Op.AT_MOST: _("is at most"),
    Op.MORE: _("is more than"),
    Op.AT_LEAST: _("is at least"),
    Op.BEFORE: _("is before"),
    Op.AFTER: _("is after"),
    Op.ON: _("is confirmed on"),
    Op.NOT_ON: _("is not confirmed on"),
    Op.HAS: _("is set"),
    Op.HAS_NOT: _("is not set"),
    Op.WITHIN_DAYS: _("in the last (days)"),
    Op.NOT_WITHIN_DAYS: _("not in the last (days)"),
    Op.NEVER: _("never"),
    Op.GOT: _("was sent to them"),
    Op.NOT_GOT: _("was not sent to them"),
}


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition as rendered. `value_kind`: none, list, tag, `mailing`, date, number or text."""

    number: int
    field: str
    key: str
    op: str
    value: str
    ops: Pairs
    value_kind: str


@dataclass(frozen=True, slots=True)
class Builder:
    """Everything the builder's part of the page needs."""

    rows: list[ConditionRow]
    fields: Pairs
    keys: Pairs
    lists: Pairs
    tags: Pairs
    mailings: Pairs


def posted_conditions(data: QueryDict) -> list[dict[str, Any]]:
    """Return the form's rows in the format of `lists.segments`; not validated."""
    columns = (data.getlist(name) for name in ("c_field", "c_key", "c_op", "c_value"))
    found = []
    for field, key, op, value in zip(*columns, strict=False):
        row: dict[str, Any] = {"field": field, "op": op, "value": value}
        if field == Field.ATTRIBUTE:
            row["key"] = key
        found.append(row)
    return found


def changed_rows(conditions: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    """Carry out `add` or `remove:<number>` (counted from 1)."""
    verb, _colon, number = order.partition(":")
    if verb == "add":
        return [*conditions, {"field": Field.FIRST_NAME.value, "op": Op.EQUALS.value, "value": ""}]
    if verb == "remove" and number.isdecimal():
        return [row for at, row in enumerate(conditions, start=1) if at != int(number)]
    return conditions


def builder(conditions: list[dict[str, Any]]) -> Builder:
    """Return the rows with their menus."""
    return Builder(
        rows=[_row(number, condition) for number, condition in enumerate(conditions, start=1)],
        fields=[(field.value, FIELD_WORDS[field]) for field in Field],
        keys=_keys(),
        lists=[
            (str(pk), name)
            for pk, name in MailingList.objects.filter(archived_at=None).order_by("name").values_list("id", "name")
        ],
        tags=[(str(tag.id), tag.name) for tag in tags()],
        mailings=_mailings(conditions),
    )


def _keys() -> Pairs:
    """Return the account's fields in their order, then names in use that no field has."""
    declared = {field.key: field.label for field in fields()}
    return [*declared.items(), *((key, key) for key in attribute_keys() if key not in declared)]


def _mailings(conditions: list[dict[str, Any]]) -> Pairs:
    """Return the newest sent campaigns, and those named by the conditions."""
    named = [str(row.get("value")) for row in conditions if row.get("field") == Field.CAMPAIGN]
    ids = [int(value) for value in named if value.isascii() and value.isdecimal() and len(value) < 19]
    out = Campaign.objects.filter(started_at__isnull=False).order_by("-started_at")
    newest = list(out.values_list("id", "name")[:MOST_CAMPAIGNS])
    known = {pk for pk, _name in newest}
    older = out.filter(id__in=[pk for pk in ids if pk not in known]).values_list("id", "name")
    return [(str(pk), name) for pk, name in (*newest, *older)]


def _row(number: int, condition: dict[str, Any]) -> ConditionRow:
    try:
        field = Field(str(condition.get("field")))
    except ValueError:
        field = Field.FIRST_NAME
    asked = str(condition.get("op"))
    op = next((each for each in OPS[field] if each.value == asked), OPS[field][0])
    value = condition.get("value")
    return ConditionRow(
        number=number,
        field=field.value,
        key=str(condition.get("key") or ""),
        op=op.value,
        value=", ".join(map(str, value)) if isinstance(value, list | tuple) else _shown(value),
        ops=[(each.value, OP_WORDS[each]) for each in OPS[field]],
        value_kind=_value_kind(op),
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _value_kind(op: Op) -> str:
    if op in (Op.SET, Op.EMPTY, Op.NEVER):
        return "none"
    if op in (Op.ON, Op.NOT_ON):
        return "list"
    if op in (Op.HAS, Op.HAS_NOT):
        return "tag"
    if op in (Op.GOT, Op.NOT_GOT):
        return "mailing"
    if op in DATE_OPS:
        return "date"
    return "number" if op in NUMBER_OPS or op in (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS) else "text"

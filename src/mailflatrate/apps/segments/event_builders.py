"""Segment conditions about events of a customer's own systems."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.lists.events import declared
from mailflatrate.apps.segments.builders import Built, account_sql, at_least, register_builder
from mailflatrate.apps.segments.conditions.tree import Condition, PropertyTest
from mailflatrate.base import clock
from mailflatrate.rules.conditions import DATE_OPS, NUMBER_OPS, Field, Op

_TEXT_FORMS = {
    Op.EQUALS: "{text} = lower(%s)",
    Op.NOT_EQUALS: "{text} <> lower(%s)",
    Op.CONTAINS: "strpos({text}, lower(%s)) > 0",
    Op.STARTS: "starts_with({text}, lower(%s))",
}


def did(condition: Condition, alias: str) -> Built:
    """So often, or not so often: by type's index for all, by contact's for a page. A deleted type matches no event."""
    event_type = declared([condition.event]).get(condition.event)
    rows = f"FROM contact_event seg WHERE seg.account_id = {account_sql(alias)} AND seg.event_type_id = %s"
    values: list[Any] = [event_type.id if event_type else 0]
    if condition.days is not None:
        rows += " AND seg.at >= now() - make_interval(days => %s)"
        values.append(condition.days)
    for test in condition.where:
        expression, more = property_sql(test, "seg.properties")
        rows += f" AND {expression}"
        values += more
    enough, values = at_least("seg.contact_id", rows, values, alias, condition.times or 1)
    return (enough if condition.op is Op.DID else f"NOT {enough}"), values


def property_sql(test: PropertyTest, column: str) -> Built:
    """A missing property passes no test."""
    value, typed = f"{column}->%s", f"jsonb_typeof({column}->%s)"
    if test.op in (Op.YES, Op.NO):
        return f"coalesce({value} = %s::jsonb, FALSE)", [test.name, "true" if test.op is Op.YES else "false"]
    if test.op is Op.SET:
        return f"({column} ? %s)", [test.name]
    if test.op in NUMBER_OPS or (test.op in (Op.EQUALS, Op.NOT_EQUALS) and isinstance(test.value, int | float)):
        sign = NUMBER_OPS.get(test.op) or ("=" if test.op is Op.EQUALS else "<>")
        compared = f"CASE WHEN {typed} = 'number' THEN ({value})::numeric {sign} %s::numeric ELSE FALSE END"
        return compared, [test.name, test.name, test.value]
    if test.op in DATE_OPS or test.op is Op.LAST_DAYS:
        return _day_sql(test, column)
    text = f"lower({column}->>%s)"
    if test.op is Op.IN:
        texts = [choice.lower() for choice in ((test.value,) if isinstance(test.value, str) else test.value or ())]  # type: ignore[union-attr]
        return f"coalesce({text} = ANY(%s::text[]), FALSE)", [test.name, texts]
    return f"coalesce({_TEXT_FORMS[test.op].format(text=text)}, FALSE)", [test.name, test.value]


def _day_sql(test: PropertyTest, column: str) -> Built:
    """As texts: in ISO form their order is the same."""
    text = f"{column}->>%s"
    if test.op is Op.LAST_DAYS:
        today = clock.now().date()
        days = [(today - timedelta(days=int(test.value or 0))).isoformat(), today.isoformat()]  # type: ignore[arg-type]
        return f'coalesce(({text}) COLLATE "C" BETWEEN %s AND %s, FALSE)', [test.name, *days]
    return f'coalesce(({text}) COLLATE "C" {DATE_OPS[test.op]} %s, FALSE)', [test.name, test.value]


register_builder(Field.EVENT, did)

"""Segments as SQL over the contact table: true or false, never NULL, so that it can be negated. Values are only ever
parameters; the alias is checked. EXISTS subqueries use a hash table for many people, an index for few.
"""

import re
from calendar import isleap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection

from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.apps.segments.conditions.tree import Condition, SegmentGroup
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.conditions import DATE_OPS, NUMBER_OPS, Field, Match, Op
from mailflatrate.rules.fields.types.date import LEAP_YEAR
from mailflatrate.rules.sending.providers import OTHER, domains_by_provider

Built = tuple[str, list[Any]]
"""A boolean SQL expression and its parameters, in order."""


def conditions_sql(conditions: Any, alias: str = "c") -> Built:
    """In parentheses, or an "any" group would bypass an AND; true if empty. Either stored version. Raises
    SegmentError.
    """
    if not re.fullmatch(r"[a-z_]{1,20}", alias):
        raise ValueError(f"no table alias: {alias!r}")
    expression, values = _group(parse_segment(conditions), alias)
    return f"({expression})", values


def named_sql(sql: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    first, *rest = sql.split("%s")
    named = first + "".join(f"%(segment_{position})s{part}" for position, part in enumerate(rest))
    return named, {f"segment_{position}": value for position, value in enumerate(values)}


def register_builder(field: Field, build: Callable[[Condition, str], Built]) -> None:
    """For rows of a later stage, whose tables this module doesn't know."""
    _BUILDERS[field] = build


WHOLE_MEGABYTES = 96
"""For all subqueries of a statement; PostgreSQL allows hash tables twice as much."""
LEAST_SET_MEGABYTES = 4
"""PostgreSQL's default. With less, it would look through a large set again for each contact."""


def set_megabytes(sets: int) -> int:
    """`work_mem`, which PostgreSQL grants to each set."""
    return max(WHOLE_MEGABYTES // max(sets, 1), LEAST_SET_MEGABYTES)


class _WholeAccount:
    def __init__(self) -> None:
        self.sets = 0

    def add_set(self) -> None:
        before, self.sets = set_megabytes(self.sets), self.sets + 1
        if set_megabytes(self.sets) != before:
            self.set_memory(f"{set_megabytes(self.sets)}MB")

    def set_memory(self, memory: str) -> str:
        """Until the transaction ends; return what it was."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('work_mem'), set_config('work_mem', %s, true)", [memory])
            return str(cursor.fetchone()[0])


_WHOLE: ContextVar[_WholeAccount | None] = ContextVar("segment_whole", default=None)


@contextmanager
def whole_account() -> Iterator[None]:
    """For statements that read all contacts: sets share one memory, so compile a statement before it runs."""
    whole = _WholeAccount()
    before = whole.set_memory(f"{set_megabytes(0)}MB")
    token = _WHOLE.set(whole)
    try:
        yield
        whole.set_memory(before)
    finally:
        _WHOLE.reset(token)


def account_sql(alias: str) -> str:
    """Where all contacts are read, a number, which gives a better query plan."""
    return str(int(tenancy.current_account_id())) if _WHOLE.get() else f"{alias}.account_id"


def at_least(contact: str, rows: str, values: list[Any], alias: str, times: int = 1) -> Built:
    """SQL: `rows` is `FROM ... WHERE ...` with the account from `account_sql` and a column `contact`."""
    mine = f"{rows} AND {contact} = {alias}.id"
    if (whole := _WHOLE.get()) is not None:
        whole.add_set()
        # NULL isn't a contact; without it, the test is never NULL.
        events_sql = f"SELECT {contact} {rows} AND {contact} IS NOT NULL"
        if times == 1:
            return f"{alias}.id IN ({events_sql})", values
        return f"{alias}.id IN ({events_sql} GROUP BY {contact} HAVING count(*) >= %s)", [*values, times]
    if times == 1:
        return f"EXISTS (SELECT 1 {mine})", values
    few = f"SELECT count(*) FROM (SELECT 1 {mine} LIMIT %s) AS few"  # noqa: S608
    return f"(({few}) >= %s)", [*values, times, times]


def _group(group: SegmentGroup, alias: str) -> Built:
    included = _joined(group.included, alias, " AND " if group.match is Match.ALL else " OR ")
    excluded = _joined(group.excluded, alias, " OR ")
    if excluded is None:
        return included or ("TRUE", [])
    taken_out = f"NOT ({excluded[0]})"
    if included is None:
        return taken_out, excluded[1]
    return f"({included[0]}) AND {taken_out}", [*included[1], *excluded[1]]


def _joined(items: Sequence[Condition | SegmentGroup], alias: str, word: str) -> Built | None:
    parts: list[str] = []
    parameters: list[Any] = []
    for item in items:
        expression, values = (
            _group(item, alias) if isinstance(item, SegmentGroup) else _BUILDERS[item.field](item, alias)
        )
        parts.append(f"({expression})")
        parameters += values
    return (word.join(parts), parameters) if parts else None


@lru_cache(maxsize=1_000)
def _lowered(texts: tuple[str, ...]) -> tuple[str, ...]:
    """As the database sees it. Constants: a subquery would keep PostgreSQL from reading contacts in parallel."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(wanted) FROM unnest(%s::text[]) WITH ORDINALITY AS texts (wanted, n) ORDER BY n",
            [list(texts)],
        )
        return tuple(str(text) for (text,) in cursor.fetchall())


def _text_sql(expression: str, before: list[Any], condition: Condition) -> Built:
    """`before`: the expression's parameters. A missing value counts as empty text."""
    text = f"lower(coalesce({expression}, ''))"
    if condition.op is Op.SET:
        return f"{text} <> ''", before
    if condition.op is Op.EMPTY:
        return f"{text} = ''", before
    if isinstance(condition.value, tuple):
        parameters = [*before, list(_lowered(condition.texts))]
        if condition.op is Op.HAS_ALL:
            return f"{text} = ALL(%s::text[])", parameters
        return f"{'NOT ' if condition.op is Op.NOT_EQUALS else ''}{text} = ANY(%s::text[])", parameters
    forms = {
        Op.EQUALS: "{text} = lower(%s)",
        Op.NOT_EQUALS: "{text} <> lower(%s)",
        Op.CONTAINS: "strpos({text}, lower(%s)) > 0",
        Op.NOT_CONTAINS: "strpos({text}, lower(%s)) = 0",
        Op.STARTS: "starts_with({text}, lower(%s))",
    }
    return forms[condition.op].format(text=text), [*before, condition.value]


# What a spreadsheet calls a number or a date is text here; what cannot be read as one satisfies no comparison.
_AS_NUMBER = "replace(btrim({alias}.attributes->>%s), ',', '.')"
_IS_NUMBER = r"~ '^-?[0-9]{1,15}(\.[0-9]+)?$'"
_AS_DATE = (
    "CASE WHEN strpos({alias}.attributes->>%s, '.') = 0 THEN btrim({alias}.attributes->>%s) ELSE regexp_replace("
    r"btrim({alias}.attributes->>%s), '^(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}})(?!\d).*$', '\3-\2-\1') END"
)


def _attribute(condition: Condition, alias: str) -> Built:
    op, key = condition.op, condition.key
    if op in NUMBER_OPS or op is Op.BETWEEN or (isinstance(condition.value, int | float) and op in _EQUALITY):
        return _number_sql(condition, alias)
    if op in DATE_OPS or op in (Op.LAST_DAYS, Op.ANNIVERSARY):
        return _date_sql(condition, alias)
    if op in (Op.YES, Op.NO):
        return f"lower(coalesce({alias}.attributes->>%s, '')) = %s", [key, "true" if op is Op.YES else "false"]
    plain, values = _text_sql(f"{alias}.attributes->>%s", [key], condition)
    if op not in (*_EQUALITY, Op.IN, Op.HAS_ALL):
        return plain, values
    # A field of several choices has a list; one of them is enough.
    choices = list(_lowered(tuple(sorted(set(condition.texts)))))
    # Without a subquery, which the planner would think dear for every contact.
    contained = "?&" if op is Op.HAS_ALL else "?|"
    chosen = f"lower(({alias}.attributes->%s)::text)::jsonb {contained} %s::text[]"
    return (
        f"CASE WHEN jsonb_typeof({alias}.attributes->%s) = 'array' "
        f"THEN {'NOT ' if op is Op.NOT_EQUALS else ''}{chosen} ELSE {plain} END",
        [key, key, choices, *values],
    )


_EQUALITY = (Op.EQUALS, Op.NOT_EQUALS)


def _number_sql(condition: Condition, alias: str) -> Built:
    value, key = _AS_NUMBER.format(alias=alias), condition.key
    if condition.op is Op.BETWEEN:
        test, parameters = "BETWEEN %s::numeric AND %s::numeric", list[Any](condition.value)  # type: ignore[arg-type]
    else:
        test, parameters = f"{NUMBER_OPS.get(condition.op, '=')} %s::numeric", [condition.value]
    stored = f"{alias}.attributes->%s"
    holds = (  # what is stored as a number needs no reading
        f"CASE jsonb_typeof({stored}) WHEN 'number' THEN ({stored})::numeric {test} "
        f"WHEN 'string' THEN CASE WHEN {value} {_IS_NUMBER} THEN ({value})::numeric {test} ELSE FALSE END "
        "ELSE FALSE END"
    )
    values = [key, key, *parameters, key, key, *parameters]
    return f"NOT ({holds})" if condition.op is Op.NOT_EQUALS else holds, values


def _date_sql(condition: Condition, alias: str) -> Built:
    value, key, today = f"({_AS_DATE.format(alias=alias)})", condition.key, clock.now().date()
    if condition.op is Op.ANNIVERSARY:  # a day without its year has one in any year
        value = f"regexp_replace({value}, '^--', '{LEAP_YEAR}-')"
    day = f"({value})::date"
    parameters: list[Any]
    if condition.op is Op.LAST_DAYS:
        test, parameters = f"{day} BETWEEN %s::date - %s::int AND %s::date", [today, condition.value, today]
    elif condition.op is Op.ANNIVERSARY:
        test, parameters = f"to_char({day}, 'MM-DD') = ANY(%s::text[])", [_anniversaries(today, condition.numbers[0])]
    else:
        test, parameters = f"{day} {DATE_OPS[condition.op]} %s::date", [condition.value]
    return (
        f"CASE WHEN {value} ~ '^[0-9]{{4}}-' AND pg_input_is_valid({value}, 'date') THEN {test} ELSE FALSE END",
        [key] * 9 + parameters,
    )


def _anniversaries(today: date, days: int) -> list[str]:
    """From today on; February 29 is celebrated on the 28th in other years."""
    window = [today + timedelta(days=later) for later in range(days + 1)]
    dates = [f"{day:%m-%d}" for day in window]
    has_substitute = any((day.month, day.day) == (2, 28) and not isleap(day.year) for day in window)
    return [*dates, "02-29"] if has_substitute else dates


def _column(expression: str) -> Callable[[Condition, str], Built]:
    return lambda condition, alias: _text_sql(expression.format(alias=alias), [], condition)


def _provider(condition: Condition, alias: str) -> Built:
    keys = set(condition.texts)
    of = domains_by_provider()
    domain = f"lower(split_part({alias}.email, '@', 2))"
    # Everyone else's provider is the one that is not in the table.
    listed = [name for name, key in of.items() if (key in keys) != (OTHER in keys)]
    is_listed = (OTHER in keys) == (condition.op is Op.NOT_EQUALS)
    return f"{'' if is_listed else 'NOT '}{domain} = ANY(%s::text[])", [sorted(listed)]


def _negated(built: Built, *, is_negated: bool) -> Built:
    return (f"NOT {built[0]}", built[1]) if is_negated else built


def _confirmed(alias: str, more: str, values: list[Any]) -> Built:
    rows = f"FROM subscription seg WHERE seg.account_id = {account_sql(alias)} AND {sql.is_confirmed('seg.state')}"
    return at_least("seg.contact_id", f"{rows} AND {more}", values, alias)


def _list(condition: Condition, alias: str) -> Built:
    test, values = "seg.mailing_list_id = ANY(%s::bigint[])", [list[Any](condition.numbers)]
    if condition.days is not None:
        sign = ">=" if condition.op is Op.ON_WITHIN_DAYS else "<"
        test += f" AND seg.confirmed_at {sign} now() - make_interval(days => %s)"
        return _confirmed(alias, test, [*values, condition.days])
    return _negated(_confirmed(alias, test, list(values)), is_negated=condition.op is Op.NOT_ON)


def _tag(condition: Condition, alias: str) -> Built:
    rows = f"FROM contact_tag seg WHERE seg.account_id = {account_sql(alias)}"
    ids = list(condition.numbers)
    if condition.op is Op.HAS_ALL:
        tests = [at_least("seg.contact_id", f"{rows} AND seg.tag_id = %s", [number], alias) for number in ids]
        return " AND ".join(test for test, _values in tests), [number for _test, values in tests for number in values]
    if condition.op in (Op.SET, Op.EMPTY):
        return _negated(at_least("seg.contact_id", rows, [], alias), is_negated=condition.op is Op.EMPTY)
    one_of = at_least("seg.contact_id", f"{rows} AND seg.tag_id = ANY(%s::bigint[])", [ids], alias)
    return _negated(one_of, is_negated=condition.op is Op.HAS_NOT)


def _proof(alias: str, test: str, values: list[Any]) -> Built:
    rows = (
        f"FROM subscription seg, consent_evidence ev WHERE seg.account_id = {account_sql(alias)} "
        f"AND {sql.is_confirmed('seg.state')} "
        f"AND ev.account_id = seg.account_id AND ev.event_id = seg.consent_event_id AND {test}"
    )
    return at_least("seg.contact_id", rows, values, alias)


def _form(condition: Condition, alias: str) -> Built:
    came = _proof(alias, "ev.details->>'form' = ANY(%s::text[])", [[str(number) for number in condition.numbers]])
    return _negated(came, is_negated=condition.op is Op.NOT_EQUALS)


def _source(condition: Condition, alias: str) -> Built:
    is_negated = condition.op is Op.NOT_CONTAINS
    positive = Condition(condition.field, Op.CONTAINS if is_negated else condition.op, condition.value)
    return _negated(_proof(alias, *_text_sql("ev.source", [], positive)), is_negated=is_negated)


def _activity(condition: Condition, alias: str) -> Built:
    column = f"{alias}.last_activity_at"
    if condition.op is Op.NEVER:
        return f"{column} IS NULL", []
    since = f"coalesce({column} >= now() - make_interval(days => %s), FALSE)"
    return (since if condition.op is Op.WITHIN_DAYS else f"NOT {since}"), [condition.value]


def _consent(condition: Condition, alias: str) -> Built:
    recent = _confirmed(alias, "seg.confirmed_at >= now() - make_interval(days => %s)", [condition.value])
    return _negated(recent, is_negated=condition.op is Op.NOT_WITHIN_DAYS)


_BUILDERS: dict[Field, Callable[[Condition, str], Built]] = {
    Field.ATTRIBUTE: _attribute,
    Field.FIRST_NAME: _column("{alias}.first_name"),
    Field.LAST_NAME: _column("{alias}.last_name"),
    Field.EMAIL_DOMAIN: _column("split_part({alias}.email, '@', 2)"),
    Field.PROVIDER: _provider,
    Field.LIST: _list,
    Field.TAG: _tag,
    Field.FORM: _form,
    Field.SOURCE: _source,
    Field.ACTIVITY: _activity,
    Field.CONSENT: _consent,
}

"""Finding people by a part of address or name. Under row-level security no statement can use the trigram index, so a
function of the owner queries it, for the current account only, and the people are read under row-level security.
A job fills the index; contacts not yet in it are checked one by one. Common texts, small accounts and databases
without `pg_trgm` are searched in address order, so that no account's size shows in another's search time.
"""

import re

from django.db import connection
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

MOST_FOUND = 2_000
SAMPLE, COMMON = 5_000, 50
"""A text that COMMON of the first SAMPLE contacts have is common: the index would not help."""
SHORTEST_PART = 3
"""Shorter texts are looked for at the beginning of words."""
RANGES_AT_ONCE = 20
_SAMPLED = """
SELECT count(*), count(*) FILTER (WHERE said ILIKE ANY (%s::text[])) FROM (
    SELECT E'\\n' || email || E'\\n' || first_name || ' ' || last_name AS said
    FROM contact WHERE account_id = %s ORDER BY email LIMIT %s) AS sampled
"""
_WRITE = """
WITH gone AS (
    DELETE FROM search_todo WHERE id IN (SELECT id FROM search_todo ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING account_id, first_id, last_id
), written AS (
    INSERT INTO contact_text (contact_id, account_id, said)
    SELECT DISTINCT c.id, c.account_id, E'\\n' || c.email || E'\\n' || c.first_name || ' ' || c.last_name
    FROM gone g JOIN contact c ON c.account_id = g.account_id AND c.id BETWEEN g.first_id AND g.last_id
    WHERE to_regclass('public.contact_search') IS NOT NULL
    ON CONFLICT (contact_id) DO UPDATE SET said = excluded.said
)
SELECT count(*) FROM gone
"""
_BORDERS = ("%\n", "% ", "%@", "%.", "%-", "%+")


def matching(people: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    """In address or full name, ignoring case."""
    ids = _found(text)
    return _read_through(people, text) if ids is None else _among(people, ids)


def some_matching(people: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    """Only some if very many match, so that no text is slow."""
    ids = _some_found(text)
    return _read_through(people, text) if ids is None else _among(people, ids)


def _among(people: QuerySet[Contact], ids: list[int]) -> QuerySet[Contact]:
    """The subquery hides how many ids there are: for a thousand, the planner would read all contacts by address."""
    return people.extra(where=["contact.id = ANY((SELECT %s::bigint[])::bigint[])"], params=[ids])


def _read_through(people: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    if len(text) >= SHORTEST_PART:
        people = people.alias(whole_name=Concat("first_name", Value(" "), "last_name", output_field=TextField()))
        return people.filter(Q(email__icontains=text) | Q(whole_name__icontains=text))
    begins = rf"(^|[\s@.+-]){re.escape(text)}"
    return people.filter(Q(email__iregex=begins) | Q(first_name__iregex=begins) | Q(last_name__iregex=begins))


def write_texts() -> None:
    ranges = RANGES_AT_ONCE
    while ranges >= RANGES_AT_ONCE:
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(_WRITE, [RANGES_AT_ONCE])
            ranges = int(cursor.fetchone()[0])


def patterns(text: str) -> list[str]:
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    if len(text) >= SHORTEST_PART:
        return [f"%{escaped}%"]
    return [f"{border}{escaped}%" for border in _BORDERS]


def _found(text: str) -> list[int] | None:
    """None if too many, or without an index."""
    ids = _some_found(text)
    return None if ids is None or len(ids) > MOST_FOUND else ids


def _some_found(text: str) -> list[int] | None:
    """At most MOST_FOUND + 1. None if common, in a small account, without an index, or for a limited member."""
    if tenancy.limited_member() is not None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLED, [patterns(text), tenancy.current_account_id(), SAMPLE])
        people, alike = cursor.fetchone()
        if people < SAMPLE or alike >= COMMON:
            return None
        cursor.execute("SELECT public.contact_matches(%s::text[], %s)", [patterns(text), MOST_FOUND])
        (ids,) = cursor.fetchone()
    return None if ids is None else list(ids)

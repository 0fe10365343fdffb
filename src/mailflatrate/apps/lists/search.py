"""Finding people by a part of their address or name, even among millions.

A trigram index knows which contacts contain a text, but under row-level security the application's statements cannot
use it. So a function of the database's owner queries the index, only for the current account and with its pass, and the
statement that reads the people stays under row-level security. A job fills the index, because that takes three times as
long as the rest of an import; contacts not yet in it are checked one by one. A text that many people have is searched
in the order of the addresses instead, where a page of matches is found soon. The same way is used if the database has
no trigrams (`pg_trgm`), where it takes up to a second for a million people, and for accounts with few people, so that
their search time does not depend on the size of other accounts.
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
"""A text that COMMON of the first SAMPLE contacts have is common, so the index would not help. It isn't used for fewer
contacts than that either.
"""
SHORTEST_PART = 3
"""Shorter texts are looked for at the beginning of words: of the address and its parts, and of names."""
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
    """Return those of `people` whose address or full name contains `text`, ignoring case."""
    ids = _found(text)
    return _read_through(people, text) if ids is None else _among(people, ids)


def some_matching(people: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    """Like `matching`, but return only some of the contacts if very many match, so that no text is slow."""
    ids = _some_found(text)
    return _read_through(people, text) if ids is None else _among(people, ids)


def _among(people: QuerySet[Contact], ids: list[int]) -> QuerySet[Contact]:
    """Return those of `people` with these ids.

    The subquery hides how many there are: for a thousand, the planner would read all contacts in the order of their
    addresses, although fetching them by their ids takes a fraction of that time.
    """
    return people.extra(where=["contact.id = ANY((SELECT %s::bigint[])::bigint[])"], params=[ids])


def _read_through(people: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    if len(text) >= SHORTEST_PART:
        people = people.alias(whole_name=Concat("first_name", Value(" "), "last_name", output_field=TextField()))
        return people.filter(Q(email__icontains=text) | Q(whole_name__icontains=text))
    begins = rf"(^|[\s@.+-]){re.escape(text)}"
    return people.filter(Q(email__iregex=begins) | Q(first_name__iregex=begins) | Q(last_name__iregex=begins))


def write_texts() -> None:
    """Write missing and outdated search texts of all contacts; one transaction for a few slices each."""
    ranges = RANGES_AT_ONCE
    while ranges >= RANGES_AT_ONCE:
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(_WRITE, [RANGES_AT_ONCE])
            ranges = int(cursor.fetchone()[0])


def patterns(text: str) -> list[str]:
    """Return the LIKE patterns for a text: one for a line with the address, one for the full name."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    if len(text) >= SHORTEST_PART:
        return [f"%{escaped}%"]
    return [f"{border}{escaped}%" for border in _BORDERS]


def _found(text: str) -> list[int] | None:
    """Return the ids of the account's contacts with this text; None if there are too many or there is no index."""
    ids = _some_found(text)
    return None if ids is None or len(ids) > MOST_FOUND else ids


def _some_found(text: str) -> list[int] | None:
    """Return the ids of the account's contacts with this text, or MOST_FOUND + 1 of them if there are more.

    None if the text is common, the account has few contacts, or there is no index, or if the member is limited to
    some lists and may not read the index.
    """
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

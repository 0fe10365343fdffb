"""Figures of one whole import, from the database (R-15, R-13), by `people_figures` as in the dry run."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.db import connection

from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.people_figures import DOMAINS_ASKED, DOMAINS_KEPT, PeopleFigures, WholeProof, figures_of
from mailflatrate.apps.intake.quarantine import SAID_NO
from mailflatrate.base import tenancy
from mailflatrate.rules.addresses import suggest_domain
from mailflatrate.rules.origins.figures import ImportFigures

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper

_READ_AT_ONCE = 5_000
_PEOPLE = """
SELECT v.email, coalesce(host(v.signup_ip), ''), floor(extract(epoch FROM v.confirmed_at))::bigint, v.source
FROM consent_event e JOIN consent_evidence v ON v.event_id = e.id AND v.account_id = e.account_id
WHERE e.account_id = %(account_id)s AND e.source_import_id = %(import_id)s AND e.kind = 'imported'
"""
# A later row of the same file may have said no to one whose event an earlier slice had written.
_STILL_MEANT = """
  AND NOT EXISTS (
    SELECT FROM contact c JOIN suppression s ON s.account_id = c.account_id AND s.address_key = c.address_key
    WHERE c.account_id = e.account_id AND c.id = e.contact_id AND s.source LIKE %(by)s
  )
"""


@dataclass(frozen=True, slots=True)
class ImportCharts:
    """`domains`: the largest with their people. `ages`: by `AGE_BOUNDS_DAYS`, plus older ones."""

    figures: ImportFigures
    domains: tuple[tuple[str, int], ...]
    domain_count: int
    ages: tuple[int, ...]
    sources: tuple[tuple[str, int], ...]
    source_count: int
    asked: tuple[tuple[str, int], ...]


@tenancy.needs_account
def count_import(job: Import, now: datetime) -> ImportCharts:
    with _people_of(job, now) as people:
        counts = people.counted()
    return ImportCharts(
        figures=figures_of(job.rows_read, Counter(job.refused) + Counter(job.quarantined), counts),
        domains=counts.domains[:DOMAINS_KEPT],
        domain_count=counts.domain_count,
        ages=counts.ages,
        sources=tuple((source[:200], count) for source, count in counts.sources[:DOMAINS_KEPT]),
        source_count=counts.source_count,
        asked=counts.domains[:DOMAINS_ASKED],
    )


def largest_domains(job: Import, now: datetime) -> list[str]:
    with _people_of(job, now) as people:
        return [domain for domain, _count in people.counted().domains]


def mistyped_domains(job: Import, now: datetime) -> list[str]:
    with _people_of(job, now) as people:
        return [domain for domain in people.all_domains() if suggest_domain(domain) is not None]


@contextmanager
def _people_of(job: Import, now: datetime) -> Iterator[PeopleFigures]:
    statement = _PEOPLE + (_STILL_MEANT if job.quarantined.get(SAID_NO) else "")
    values: dict[str, int | str] = {"account_id": job.account_id, "import_id": job.id, "by": f"import {job.id}: %"}
    with PeopleFigures(int(now.timestamp())) as people:
        with cast("DatabaseWrapper", connection).chunked_cursor() as cursor:
            cursor.execute(statement, values)
            while rows := cursor.fetchmany(_READ_AT_ONCE):
                for email, ip, second, source in rows:
                    people.add(WholeProof(b"", None, "", email, ip, second, source))
        yield people

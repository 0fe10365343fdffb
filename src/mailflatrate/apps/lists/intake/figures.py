"""Figures of one whole import, counted in the database (R-15, R-13).

People with full proof are copied once into a temporary table; every figure is one statement over it. The import itself
counts refused rows and those that lack proof.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from mailflatrate.apps.lists.intake.csv_rows import RowFault
from mailflatrate.apps.lists.models import Import
from mailflatrate.base import tenancy
from mailflatrate.rules.addresses import AddressReason, ResolverFacts, is_freemail, suggest_domain
from mailflatrate.rules.origins.figures import ImportFigures
from mailflatrate.rules.origins.forbidden import find_forbidden

DOMAINS_KEPT = 20
DOMAINS_ASKED = 2000
"""The largest domains are looked up; a share of these says enough."""
SOURCES_READ = 500
RUN_LEAST = 20
"""This many numbers in a row show a program's list; three cousins called meier1 to meier3 do not."""
AGE_BOUNDS_DAYS = (31, 92, 183, 365, 548, 730)
"""Bounds of the chart of how old the consents are: a month, a quarter, half a year, one year, one and a half, two."""

_SYNTAX = (
    AddressReason.SYNTAX,
    AddressReason.TOO_LONG,
    AddressReason.NOT_MAILABLE,
    AddressReason.NOT_IDNA,
    AddressReason.RESERVED_DOMAIN,
)

_PEOPLE = """
CREATE TEMP TABLE import_people ON COMMIT DROP AS
SELECT lower(split_part(v.email, '@', 1)) AS local, split_part(v.email, '@', 2) AS domain,
    v.signup_ip, v.confirmed_at, v.source
FROM consent_event e JOIN consent_evidence v ON v.event_id = e.id AND v.account_id = e.account_id
WHERE e.account_id = %(account_id)s AND e.source_import_id = %(import_id)s
"""
_DOMAINS = """
SELECT domain, count(*), count(*) OVER () FROM import_people
GROUP BY domain ORDER BY count(*) DESC, domain LIMIT %(most)s
"""
# a1, a2, a3 at one domain: as many as there are numbers between the least and the greatest, or nearly.
_RUNS = """
SELECT coalesce(sum(people), 0) FROM (
    SELECT count(*) AS people FROM (
        SELECT domain, regexp_replace(local, '[0-9]+$', '') AS stem,
            substring(local FROM '([0-9]{1,9})$')::bigint AS number
        FROM import_people WHERE local ~ '[0-9]{1,9}$'
    ) numbered
    GROUP BY domain, stem
    HAVING count(DISTINCT number) >= %(least)s AND count(DISTINCT number) * 10 >= 8 * (max(number) - min(number) + 1)
) runs
"""
_AGES = """
SELECT width_bucket((extract(epoch FROM %(now)s - confirmed_at) / 86400)::double precision,
     %(bounds)s::double precision[]), count(*)
FROM import_people GROUP BY 1
"""
_BUSIEST = """
SELECT (SELECT count(*) FROM import_people GROUP BY date_trunc('second', confirmed_at) ORDER BY count(*) DESC LIMIT 1),
    (SELECT count(*) FROM import_people WHERE signup_ip IS NOT NULL GROUP BY signup_ip ORDER BY count(*) DESC LIMIT 1)
"""
_SOURCES = """
SELECT source, count(*), count(*) OVER () FROM import_people
GROUP BY source ORDER BY count(*) DESC, source LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class ImportCharts:
    """The figures of one import and the chart data for pages.

    `domains` are the largest ones with their people, `domain_count` how many there are. `ages` counts people by
    `AGE_BOUNDS_DAYS`, plus one entry for older ones. `sources` are the most frequent texts of the source column.
    """

    figures: ImportFigures
    domains: tuple[tuple[str, int], ...]
    domain_count: int
    ages: tuple[int, ...]
    sources: tuple[tuple[str, int], ...]
    source_count: int
    asked: tuple[tuple[str, int], ...]
    """Domains worth a DNS lookup, each with its number of people."""


@tenancy.needs_account
def count_import(job: Import, now: datetime) -> ImportCharts:
    """Count one import. Makes no DNS lookups."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"account_id": tenancy.current_account_id(), "import_id": job.id})
        cursor.execute(_DOMAINS, {"most": DOMAINS_ASKED})
        domains = cursor.fetchall()
        cursor.execute(_RUNS, {"least": RUN_LEAST})
        sequential = int(cursor.fetchone()[0])
        cursor.execute(_AGES, {"now": now, "bounds": list(AGE_BOUNDS_DAYS)})
        buckets = dict(cursor.fetchall())
        cursor.execute(_BUSIEST)
        moment, ip = cursor.fetchone()
        cursor.execute(_SOURCES, {"most": SOURCES_READ})
        sources = cursor.fetchall()
        cursor.execute("DROP TABLE import_people")
    people = sum(buckets.values())
    firms = [count for domain, count, _ in domains if not is_freemail(domain)]
    figures = ImportFigures(
        rows=job.rows_read,
        roles=_sum(job, AddressReason.ROLE.value, AddressReason.MAYBE_ROLE.value),
        disposable=_sum(job, AddressReason.DISPOSABLE.value),
        syntax=_sum(job, *(reason.value for reason in _SYNTAX), *(fault.value for fault in RowFault)),
        suppressed=_sum(job, "suppressed", "unsubscribed"),
        people=people,
        one_domain=max(firms, default=0),
        sequential=sequential,
        mistyped=sum(count for domain, count, _ in domains if suggest_domain(domain) is not None),
        same_moment=moment or 0,
        same_ip=ip or 0,
        forbidden_sources=sum(count for source, count, _ in sources if find_forbidden(source)),
    )
    return ImportCharts(
        figures=figures,
        domains=tuple((domain, count) for domain, count, _ in domains[:DOMAINS_KEPT]),
        domain_count=domains[0][2] if domains else 0,
        ages=tuple(buckets.get(number, 0) for number in range(len(AGE_BOUNDS_DAYS) + 1)),
        sources=tuple((source[:200], count) for source, count, _ in sources[:DOMAINS_KEPT]),
        source_count=sources[0][2] if sources else 0,
        asked=tuple((domain, count) for domain, count, _ in domains),
    )


def largest_domains(import_id: int) -> list[str]:
    """Return the import's domains with the most people, limited to those worth a DNS lookup."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"account_id": tenancy.current_account_id(), "import_id": import_id})
        cursor.execute(_DOMAINS, {"most": DOMAINS_ASKED})
        domains = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute("DROP TABLE import_people")
    return domains


def mistyped_domains(import_id: int) -> list[str]:
    """Return all domains of an import that look mistyped."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"account_id": tenancy.current_account_id(), "import_id": import_id})
        cursor.execute("SELECT DISTINCT domain FROM import_people ORDER BY domain")
        domains = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute("DROP TABLE import_people")
    return [domain for domain in domains if suggest_domain(domain) is not None]


def unmailable(facts: dict[str, ResolverFacts]) -> dict[str, str]:
    """Return domains that accept no mail, with the reason recorded for people there (R-18)."""
    reasons = {}
    for domain, found in facts.items():
        if found.null_mx:
            reasons[domain] = AddressReason.DOMAIN_TAKES_NO_MAIL.value
        elif found.resolves is False:
            reasons[domain] = AddressReason.DOMAIN_UNKNOWN.value
    return reasons


def _sum(job: Import, *reasons: str) -> int:
    return sum(job.refused.get(reason, 0) + job.quarantined.get(reason, 0) for reason in reasons)

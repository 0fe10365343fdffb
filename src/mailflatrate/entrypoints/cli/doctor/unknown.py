"""Results that nobody knows: in how many campaigns, and which hosts' journals would settle them."""

from collections.abc import Iterator

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.cli.doctor.report import Line, ok, warning

_UNKNOWN = """
SELECT count(DISTINCT campaign_id), coalesce(sum(count), 0) FROM tally WHERE state = 'in_doubt' AND count > 0
"""
# A journal is called by its host, up to the first dot, and its process.
_OPEN = """
SELECT split_part(claimed_by, '.', 1), count(DISTINCT campaign_id), sum(cardinality(deliveries)), min(lost_at)
FROM lost_claim WHERE settled_at IS NULL GROUP BY 1 ORDER BY 1
"""
MOST_HOSTS = 20


def unknown_lines() -> Iterator[Line]:
    """Reads only."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_UNKNOWN)
        campaigns, messages = cursor.fetchone()
        cursor.execute(_OPEN)
        hosts = cursor.fetchall()
    for host, in_campaigns, deliveries, since in hosts[:MOST_HOSTS]:
        yield warning(
            "results",
            f"the journal of the lost host {host} hasn't come back since {since:%Y-%m-%d %H:%M} UTC: unknown results"
            f" that it would settle: {deliveries}, campaigns: {in_campaigns}",
            f"Start {host} with its data folder, and its next sender reads the journal; or rescue the folder and run"
            " `mailflatrate journal replay DIR`. If it is gone for good, the results stay unknown.",
        )
    if len(hosts) > MOST_HOSTS:
        yield warning("results", f"{len(hosts) - MOST_HOSTS} more hosts haven't come back", "Bring these back first.")
    if campaigns and not hosts:
        yield ok("results", f"unknown: {messages}, in campaigns: {campaigns}; no journal is missing that would tell")
    elif campaigns:
        yield ok("results", f"unknown: {messages}, in campaigns: {campaigns}")
    else:
        yield ok("results", "every message has a known result")

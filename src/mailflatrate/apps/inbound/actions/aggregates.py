"""Aggregate reports (DMARC, TLS) of receivers, recorded once for every account that sends from the domain."""

from collections.abc import Sequence

from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.inbound.interpretation import InboundReading
from mailflatrate.apps.inbound.models import DomainReport
from mailflatrate.base.tenancy import needs_platform
from mailflatrate.mail.reading.aggregate import AggregateReport

SOURCES_KEPT = 100


@needs_platform
def record_aggregates(readings: Sequence[InboundReading]) -> set[int]:
    reported = [(reading, report) for reading in readings for report in reading.foreign.aggregates]
    if not reported:
        return set()
    owners = _owners({report.domain for _, report in reported})
    rows = [
        _row(reading, report, account_id)
        for reading, report in reported
        for account_id in owners.get(report.domain) or [None]
    ]
    DomainReport.objects.bulk_create(rows, ignore_conflicts=True)
    return {reading.mail.id for reading, _ in reported}


def _owners(domains: set[str]) -> dict[str, list[int | None]]:
    asked = {name: domain for domain in domains for name in (domain, domain.removeprefix("bounce."))}
    owners: dict[str, list[int | None]] = {}
    rows = SenderDomain.objects.filter(name__in=asked, verified_at__isnull=False).order_by("account_id")
    for name, account_id in rows.values_list("name", "account_id"):
        owners.setdefault(asked[name], []).append(account_id)
    return owners


def _row(reading: InboundReading, report: AggregateReport, account_id: int | None) -> DomainReport:
    sources = sorted(report.sources, key=lambda source: (-source.messages, source.name))[:SOURCES_KEPT]
    return DomainReport(
        account_id=account_id, kind=report.kind.value, domain=report.domain, reporter=report.reporter,
        report_id=report.report_id, begins_at=report.begins_at, ends_at=report.ends_at, messages=report.messages,
        passed=report.passed, sources=[[source.name, source.messages, source.passed] for source in sources],
        proved=reading.trust.proved, raw_mail=reading.mail,
    )  # fmt: skip

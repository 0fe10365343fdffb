"""Aggregate reports: DMARC (RFC 7489 appendix C, RFC 9990) as XML, SMTP TLS (RFC 8460) as JSON. Never raises.
Decompression is limited, and XML with a document type is not read: no report has one, attacks have.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

from mailflatrate.mail.reading.mime import MimePart
from mailflatrate.mail.reading.storable import storable

MOST_OCTETS = 8 * 1024 * 1024
"""Of one unpacked report; the largest that receivers write are about a tenth of it."""
MOST_SOURCES = 5_000
MOST_COUNT = 10**12
MOST_LEVELS = 20


class ReportKind(StrEnum):
    DMARC = "dmarc"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class ReportSource:
    """`name`: the sending address (DMARC) or the failure (TLS). Passed: SPF or DKIM aligned; TLS as the policy asks."""

    name: str
    messages: int
    passed: int


@dataclass(frozen=True, slots=True)
class AggregateReport:
    kind: ReportKind
    reporter: str
    report_id: str
    domain: str
    begins_at: datetime
    ends_at: datetime
    sources: tuple[ReportSource, ...]

    @property
    def messages(self) -> int:
        """Sessions, in a TLS report."""
        return sum(source.messages for source in self.sources)

    @property
    def passed(self) -> int:
        return sum(source.passed for source in self.sources)


def read_aggregates(message: MimePart) -> list[AggregateReport]:
    reports: list[AggregateReport] = []
    for part in message.walk():
        if part.parts or part.media_type.startswith("message/"):
            continue
        for content in _unpacked(part.data()):
            reports.extend(_read(content))
    return reports


def _unpacked(data: bytes) -> Iterator[bytes]:
    try:
        if data[:2] == b"\x1f\x8b":
            yield zlib.decompressobj(wbits=31).decompress(data, MOST_OCTETS)
        elif data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(archive.infolist()[0]) as member:
                yield member.read(MOST_OCTETS)
        elif data.lstrip()[:1] in (b"<", b"{") or data[:3] == b"\xef\xbb\xbf":
            yield data[:MOST_OCTETS]
    except (
        zlib.error,
        zipfile.BadZipFile,
        OSError,
        ValueError,
        IndexError,
        RuntimeError,
        NotImplementedError,
        EOFError,
    ):
        return


def _read(content: bytes) -> list[AggregateReport]:
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        if content.startswith(b"{"):
            return _tls(json.loads(content))
        if content.startswith(b"<") and b"\0" not in content and b"<!" not in content.replace(b"<!--", b""):
            parser = ElementTree.XMLParser(target=_Shallow())  # noqa: S314  no document type, so no entities
            return _dmarc(ElementTree.fromstring(content, parser))  # noqa: S314  as above
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError, SyntaxError):
        return []
    return []


class _Shallow(ElementTree.TreeBuilder):
    """Builds the tree of a report, which is a few levels deep; anything deeper is not a report."""

    _depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > MOST_LEVELS:
            raise ValueError("too deeply nested for a report")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def _dmarc(root: ElementTree.Element) -> list[AggregateReport]:
    for element in root.iter():  # RFC 9990 has a namespace, the reports before it have none
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != "feedback":
        return []
    sources: dict[str, list[int]] = {}
    for record in root.findall("record")[:MOST_SOURCES]:
        count = _count(record.findtext("row/count"))
        verdicts = [record.findtext(f"row/policy_evaluated/{name}", "") for name in ("dkim", "spf")]
        passed = any(verdict.strip().lower() == "pass" for verdict in verdicts)
        line = sources.setdefault(_text(record.findtext("row/source_ip"), 45), [0, 0])
        line[0] += count
        line[1] += count if passed else 0
    report = AggregateReport(
        kind=ReportKind.DMARC,
        reporter=_text(root.findtext("report_metadata/org_name"), 120),
        report_id=_text(root.findtext("report_metadata/report_id"), 200),
        domain=_domain(root.findtext("policy_published/domain")),
        begins_at=_moment(root.findtext("report_metadata/date_range/begin")),
        ends_at=_moment(root.findtext("report_metadata/date_range/end")),
        sources=tuple(ReportSource(name, *line) for name, line in sources.items()),
    )
    return [report] if report.domain else []


def _tls(report: dict[str, Any]) -> list[AggregateReport]:
    if "policies" not in report or "report-id" not in report:
        return []
    between = report["date-range"]
    by_domain: dict[str, dict[str, list[int]]] = {}
    for policy in report["policies"][:MOST_SOURCES]:
        lines = by_domain.setdefault(_domain(policy["policy"]["policy-domain"]), {})
        summary = policy.get("summary", {})
        good = _count(summary.get("total-successful-session-count"))
        lines.setdefault("", [0, 0])
        lines[""][0] += good
        lines[""][1] += good
        left = _count(summary.get("total-failure-session-count"))
        for detail in policy.get("failure-details", [])[:MOST_SOURCES]:
            failed = min(left, _count(detail.get("failed-session-count")))
            lines.setdefault(_text(detail.get("result-type"), 45), [0, 0])[0] += failed
            left -= failed
        if left:
            lines.setdefault("unknown", [0, 0])[0] += left
    return [
        AggregateReport(
            kind=ReportKind.TLS,
            reporter=_text(report.get("organization-name"), 120),
            report_id=_text(report["report-id"], 200),
            domain=domain,
            begins_at=datetime.fromisoformat(between["start-datetime"]).astimezone(UTC),
            ends_at=datetime.fromisoformat(between["end-datetime"]).astimezone(UTC),
            sources=tuple(ReportSource(name, *line) for name, line in lines.items() if line[0]),
        )
        for domain, lines in by_domain.items()
        if domain
    ]


def _text(value: object, most: int) -> str:
    return storable(" ".join(str(value or "").split()))[:most]


def _domain(value: object) -> str:
    return _text(value, 253).lower().removesuffix(".")


def _count(value: object) -> int:
    count = int(str(value).strip())
    if not 0 <= count <= MOST_COUNT:
        raise ValueError(f"not a count: {count}")
    return count


def _moment(value: str | None) -> datetime:
    return datetime.fromtimestamp(int((value or "").strip()), UTC)

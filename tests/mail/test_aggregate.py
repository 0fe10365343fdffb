"""RFC 7489 and RFC 8460: what receivers report is read, and what only looks like it is not."""

import base64
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest

from mailflatrate.mail.reading.aggregate import MOST_OCTETS, ReportKind, ReportSource, read_aggregates
from mailflatrate.mail.reading.mime import parse

DMARC = b"""<?xml version="1.0" encoding="UTF-8"?><!-- as sent -->
<feedback><report_metadata><org_name>Provider</org_name><report_id>77</report_id>
<date_range><begin>1762992000</begin><end>1763078399</end></date_range></report_metadata>
<policy_published><domain>Shop.Example.</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>40</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row></record>
<record><row><source_ip>198.51.100.9</source_ip><count>2</count><policy_evaluated><disposition>none</disposition>
<dkim>fail</dkim><spf>fail</spf></policy_evaluated></row></record>
<record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated><dkim>fail</dkim><spf>pass</spf>
</policy_evaluated></row></record></feedback>"""
TLS = {
    "organization-name": "Provider",
    "report-id": "t-1",
    "contact-info": "tls@provider.example",
    "date-range": {"start-datetime": "2026-11-13T00:00:00Z", "end-datetime": "2026-11-13T23:59:59Z"},
    "policies": [
        {
            "policy": {"policy-type": "sts", "policy-domain": "service.example"},
            "summary": {"total-successful-session-count": 20, "total-failure-session-count": 5},
            "failure-details": [{"result-type": "certificate-expired", "failed-session-count": 3}],
        }
    ],
}


def mail(content: bytes, media_type: str = "application/gzip") -> bytes:
    """A report as an attachment."""
    body = base64.encodebytes(content)
    return (
        b"From: dmarc@provider.example\nSubject: Report Domain: shop.example\nMIME-Version: 1.0\n"
        b"Content-Type: " + media_type.encode() + b"\nContent-Transfer-Encoding: base64\n\n" + body
    )


def zipped(content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", content)
    return held.getvalue()


@pytest.mark.parametrize("packed", [gzip.compress(DMARC), zipped(DMARC), DMARC, b"\xef\xbb\xbf" + DMARC])
def test_a_dmarc_report_is_read_however_it_is_packed(packed: bytes) -> None:
    (report,) = read_aggregates(parse(mail(packed)))
    assert (report.kind, report.reporter, report.report_id, report.domain) == (
        ReportKind.DMARC,
        "Provider",
        "77",
        "shop.example",
    )
    assert report.sources == (ReportSource("192.0.2.1", 41, 41), ReportSource("198.51.100.9", 2, 0))
    assert (report.messages, report.passed) == (43, 41)
    assert (report.begins_at, report.ends_at) == (
        datetime(2025, 11, 13, tzinfo=UTC),
        datetime(2025, 11, 13, 23, 59, 59, tzinfo=UTC),
    )


def test_the_namespace_of_rfc_9990_does_not_hide_a_report() -> None:
    named = DMARC.replace(b"<feedback>", b'<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">')
    assert [report.messages for report in read_aggregates(parse(mail(named)))] == [43]


def test_a_tls_report_counts_sessions_and_names_what_failed() -> None:
    (report,) = read_aggregates(parse(mail(gzip.compress(json.dumps(TLS).encode()), "application/tlsrpt+gzip")))
    assert (report.kind, report.domain, report.messages, report.passed) == (ReportKind.TLS, "service.example", 25, 20)
    assert report.sources == (
        ReportSource("", 20, 20),
        ReportSource("certificate-expired", 3, 0),
        ReportSource("unknown", 2, 0),
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1, 2]",
        b'{"policies": 7, "report-id": "x"}',
        b"<html><body>No report</body></html>",
        DMARC[:-30],
        DMARC.replace(b"<count>40<", b"<count>-1<"),
        DMARC.replace(b"<count>40<", b"<count>many<"),
        DMARC.replace(b"1762992000", b"99999999999999999999"),
        DMARC.replace(b"<feedback>", b'<!DOCTYPE feedback [<!ENTITY a "aaaa">]><feedback>'),
        DMARC.decode().encode("utf-16-le"),
        gzip.compress(DMARC)[:-40],
        zipped(DMARC)[:60],
        b"PK\x03\x04",
        b"\x1f\x8b",
        b'{"a":' * 5_000,
    ],
)
def test_what_is_no_report_gives_nothing(content: bytes) -> None:
    assert read_aggregates(parse(mail(content))) == []


def test_a_bomb_is_unpacked_only_so_far() -> None:
    bomb = b"<feedback>" + b" " * (MOST_OCTETS * 4) + b"</feedback>"
    for packed in (gzip.compress(bomb), zipped(bomb)):
        assert len(packed) < 200_000
        assert read_aggregates(parse(mail(packed))) == []

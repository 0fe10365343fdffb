"""Domain Connect: a provider that keeps to the specification, and hosts that a domain's owner could name instead."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailflatrate.wire import domain_connect
from mailflatrate.wire.domain_connect import (
    DnsProvider,
    KeyUnusable,
    LinkSigner,
    ProviderLink,
    TemplateName,
    apply_url,
    find_provider,
)
from support.dns_provider import HOST, SYNC_URL, TEMPLATE, FakeProvider, dns_provider, key_file, verified_parameters

OURS = TemplateName("mailflatrate.example", "campaigns", 1)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[FakeProvider]:
    with dns_provider(tmp_path) as found:
        found.host_zone("huber.at")
        found.know_template(version=1)
        yield found


def find(provider: FakeProvider, domain: str = "news.huber.at") -> DnsProvider | None:
    return find_provider(domain, "huber.at", OURS, provider.link)


def test_the_zone_above_a_subdomain_is_found(provider: FakeProvider) -> None:
    assert find(provider) == DnsProvider("Provider & Sons", "huber.at", "news", SYNC_URL)
    assert find(provider, "huber.at") == DnsProvider("Provider & Sons", "huber.at", "", SYNC_URL)
    assert provider.api.asked == ["GET /v2/huber.at/settings", f"GET {TEMPLATE}"] * 2
    provider.host_zone("news.huber.at")  # a zone of its own goes first
    assert find(provider) == DnsProvider("Provider & Sons", "news.huber.at", "", SYNC_URL)


def test_a_name_outside_the_registered_domain_is_not_asked(provider: FakeProvider) -> None:
    assert find_provider("news.other.at", "huber.at", OURS, provider.link) is None
    assert find_provider("huber.at", "", OURS, provider.link) is None
    assert provider.api.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        (404, JSON, b"{}"),
        (302, {"Location": "https://elsewhere.example/"}, b""),
        (301, {"Location": TEMPLATE}, b""),
        (500, JSON, b""),
        (200, {**JSON, "Content-Length": "99"}, b"{}"),
        (200, JSON, json.dumps({"version": 2}).encode()),
        (200, JSON, json.dumps({"version": "1"}).encode()),
    ],
)
def test_a_provider_that_does_not_know_our_template_is_not_offered(provider: FakeProvider, answer: Any) -> None:
    provider.api.faults = [lambda _target: None, answer]
    assert find(provider, "huber.at") is None
    assert len(provider.api.asked) == 2, "a redirect is not followed"


def test_an_empty_answer_about_the_template_means_yes(provider: FakeProvider) -> None:
    for body in (b"", b'{"providerId": "x", "records": []}', b"null", b"["):
        provider.api.faults = [lambda _target: None, (200, {}, body)]
        assert find(provider, "huber.at") is not None


SETTINGS = {"providerName": "P", "urlSyncUX": SYNC_URL, "urlAPI": f"https://{HOST}/api"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 30_000,
        b"9" * 30_000,
        b'"text"',
        b"{}",
        b'{"providerName": ' + b'"x"' * 20_000 + b"}",
        json.dumps(SETTINGS | {"x": "y" * 40_000}).encode(),
        json.dumps(SETTINGS | {"providerName": ""}).encode(),
        json.dumps(SETTINGS | {"providerName": "\u202e\u200b\n"}).encode(),
        json.dumps(SETTINGS | {"providerName": ["P"]}).encode(),
        json.dumps(SETTINGS | {"crit": ["vnd.example.euSyncUX"], "vnd.example.euSyncUX": "x"}).encode(),
        json.dumps(SETTINGS | {"crit": "urlAPI"}).encode(),
        *(
            json.dumps(SETTINGS | {"urlSyncUX": url}).encode()
            for url in (
                None,
                7,
                "",
                "http://dc.provider.example/sync",
                "javascript:alert(1)//a.example",
                "https://user@dc.provider.example/",
                "https://dc.provider.example/?q=1",
                "https://dc.provider.example/#f",
                "https://dc.provider.example\\@evil.example/",
                "https://127.0.0.1/",
                "https://[::1]/",
                "https://localhost/",
                "https://dc.provider.example/\r\nSet-Cookie: a=b",
                "https://dc.provider.example/" + "a" * 400,
                "//dc.provider.example/",
                "https:dc.provider.example/",
                "https://dc.provider.example/%0d%0a",
            )
        ),
        json.dumps(SETTINGS | {"urlAPI": "http://dc.provider.example/"}).encode(),
    ],
)
def test_settings_that_are_no_settings_offer_nothing(provider: FakeProvider, body: bytes) -> None:
    provider.api.faults = [(200, JSON, body)]
    assert find(provider, "huber.at") is None
    assert len(provider.api.asked) == 1


def test_a_name_is_one_short_line(provider: FakeProvider) -> None:
    provider.host_zone("huber.at", providerDisplayName="A\u202e\r\n\x00 <b>" + "x" * 900)
    found = find(provider, "huber.at")
    assert found is not None
    assert found.name.startswith("A <b>xxx")
    assert len(found.name) == 60


@pytest.mark.parametrize(
    "record",
    [
        "https://dc.provider.example",
        "dc.provider.example?x=1",
        "user:pass@dc.provider.example",
        "dc.provider.example/../..\\x",
        "127.0.0.1",
        "[::1]:443",
        "localhost",
        "2130706433",
        "dc.provider.example/a b",
        "a." * 200 + "example",
        "",
    ],
)
def test_records_that_name_no_host_are_passed_over(provider: FakeProvider, record: str) -> None:
    provider.publish({"_domainconnect.huber.at": {"TXT": [record]}})
    assert find(provider, "huber.at") is None
    assert provider.api.asked == []


def test_a_zone_with_many_records_costs_two_requests(provider: FakeProvider) -> None:
    provider.publish({"_domainconnect.huber.at": {"TXT": [f"{provider.base}/{n}" for n in range(40)]}})
    assert find(provider, "huber.at") is None
    assert len(provider.api.asked) == 2


def test_private_addresses_and_other_ports_are_refused(provider: FakeProvider) -> None:
    """What production uses: the record leads to loopback, so nothing is requested."""
    link = ProviderLink(provider.link.resolver, context=provider.link.context)
    assert find_provider("huber.at", "huber.at", OURS, link) is None
    provider.publish({"_domainconnect.huber.at": {"TXT": [HOST]}})
    assert find_provider("huber.at", "huber.at", OURS, link) is None
    assert provider.api.asked == []


def test_a_certificate_for_another_name_offers_nothing(provider: FakeProvider) -> None:
    provider.publish(
        {
            "other.provider.example": {"A": ["127.0.0.1"]},
            "_domainconnect.huber.at": {"TXT": [provider.base.replace("dc.", "other.")]},
        }
    )
    assert find(provider, "huber.at") is None
    assert provider.api.asked == []


def test_a_provider_that_keeps_us_waiting_ends(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_connect, "MOST_SECONDS", 0.6)
    provider.api.faults = [(200, {**JSON, "Content-Length": "5000", "X-Wait": "1"}, b"{")]
    began = monotonic()
    assert find(provider) is None
    assert monotonic() - began < 30


def test_a_link_is_signed_as_providers_verify_it(tmp_path: Path) -> None:
    signer = LinkSigner(key_file(tmp_path).read_bytes())
    found = DnsProvider("P", "huber.at", "news", SYNC_URL)
    given = {"dkimkey": "MIIB+/=", "a-b": "1", "a": "ü ~&=", "state": "s", "redirect_uri": "https://x.example/?a=1&b=2"}
    url = apply_url(found, OURS, given, signer)
    assert url.startswith(
        f"{SYNC_URL}/v2/domainTemplates/providers/mailflatrate.example/services/campaigns/apply?a=%C3%BC%20~%26%3D&a-b=1&"
    )
    published = {signer.label: list(signer.records)}
    assert verified_parameters(url, published) == given | {"domain": "huber.at", "host": "news"}
    with pytest.raises(InvalidSignature):
        verified_parameters(url.replace("domain=huber.at", "domain=carla.at"), published)
    assert all(len(record) < 255 for record in signer.records)
    with pytest.raises(ValueError, match="too long"):
        apply_url(found, OURS, {"dkimkey": "x" * 9000}, signer)


def test_weak_and_other_keys_are_refused() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    for key in (weak, ec.generate_private_key(ec.SECP256R1())):
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with pytest.raises(KeyUnusable, match="2048"):
            LinkSigner(pem)
    with pytest.raises(KeyUnusable, match="can't be read"):
        LinkSigner(b"no key")

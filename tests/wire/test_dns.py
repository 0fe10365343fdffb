"""The resolver and the readers of records, against a real server on loopback.

Records added to the demonstration's name server (RFC 2136), and why no other takes any.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from free_ports import free_port
from mailflatrate.wire.dns import (
    DmarcPolicy,
    DmarcStatus,
    DnsResolver,
    DnsStatus,
    KeyStatus,
    MxHost,
    SpfStatus,
    UpdateRefused,
    ZoneServer,
    find_dkim_key,
    find_dmarc,
    find_mx,
    find_spf,
    is_aligned,
    parse_dkim_key,
    parse_dmarc,
    presentation,
    publish_records,
)

RSA_KEY = rsa.generate_private_key(65537, 2048).public_key()
RSA_DER = RSA_KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
RSA_P = base64.b64encode(RSA_DER).decode()
EC_P = base64.b64encode(
    ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()

ZONE = {
    "shop.example": {
        "MX": ["20 mx2.shop.example", "10 MX1.shop.example"],
        "TXT": ["v=spf1 include:spf.service.example mx -all", "site-verification=1"],
        "A": ["192.0.2.1"],
    },
    "mx1.shop.example": {"A": ["192.0.2.10"], "AAAA": ["2001:db8::10"]},
    "mx2.shop.example": {"A": ["192.0.2.20"]},
    "www.shop.example": {"CNAME": ["shop.example"]},
    "spf.service.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ?all"]},
    "s1._domainkey.shop.example": {"TXT": [f"v=DKIM1; k=rsa; p={RSA_P}"]},
    "s2._domainkey.shop.example": {"TXT": ["v=DKIM1; p="]},
    "s3._domainkey.shop.example": {"TXT": ["v=DKIM1; p=AAAA", "v=DKIM1; p=BBBB"]},
    "s4._domainkey.shop.example": {"CNAME": ["s1._domainkey.shop.example"]},
    "null.example": {"MX": ["0 ."]},
    "plain.example": {"A": ["192.0.2.7"]},
    "nothing.example": {"TXT": ["hello"]},
    "broken.example": {"SERVFAIL": []},
    "mute.example": {"SILENT": []},
    "long.example": {"TXT": ["x" * 3000]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["mail.shop.example"]},
}


@pytest.fixture(scope="module")
def server() -> Iterator[ZoneServer]:
    with ZoneServer(ZONE) as running:
        yield running


@pytest.fixture
def resolver(server: ZoneServer) -> DnsResolver:
    return DnsResolver([server.nameserver], timeout_seconds=5)


def served(zone: dict[str, dict[str, list[str]]], server: ZoneServer) -> DnsResolver:
    """Return a resolver for other data on the same server; the module's data returns with the next `replace`."""
    server.replace({**ZONE, **zone})
    return DnsResolver([server.nameserver], timeout_seconds=5, cache_size=0)


def test_answers(resolver: DnsResolver) -> None:
    assert resolver.mx("shop.example").values == ("10 mx1.shop.example", "20 mx2.shop.example")
    assert resolver.mx("Shop.Example.").name == "shop.example"
    assert resolver.a("www.shop.example").values == ("192.0.2.1",)
    assert resolver.aaaa("mx1.shop.example").values == ("2001:db8::10",)
    assert resolver.cname("www.shop.example").values == ("shop.example",)
    assert resolver.ptr("192.0.2.1").values == ("mail.shop.example",)
    assert resolver.txt("nothing.example").ttl_seconds == 60


def test_statuses(resolver: DnsResolver, server: ZoneServer) -> None:
    assert resolver.txt("absent.example").status is DnsStatus.NXDOMAIN
    assert resolver.mx("nothing.example").status is DnsStatus.NODATA
    assert resolver.txt("example").status is DnsStatus.NODATA
    assert resolver.txt("broken.example").status is DnsStatus.SERVFAIL
    assert DnsResolver([server.nameserver], timeout_seconds=0.3).txt("mute.example").status is DnsStatus.TIMEOUT
    assert resolver.txt("a" * 64 + ".example").status is DnsStatus.NXDOMAIN
    assert resolver.txt("a..example").status is DnsStatus.NXDOMAIN
    with pytest.raises(ValueError, match="not an IP address"):
        resolver.ptr("shop.example")


def test_nobody_listens() -> None:
    answer = DnsResolver([f"127.0.0.1:{free_port()}"], timeout_seconds=0.5).txt("shop.example")
    assert answer.status in {DnsStatus.TIMEOUT, DnsStatus.SERVFAIL}
    assert not answer.is_known


def test_a_long_answer_comes_over_tcp(resolver: DnsResolver) -> None:
    assert resolver.txt("long.example").values == ("x" * 3000,)


def test_answers_are_kept_until_forgotten(server: ZoneServer, resolver: DnsResolver) -> None:
    server.questions.clear()
    for _ in range(3):
        resolver.txt("nothing.example")
    assert server.questions == [("nothing.example", "TXT")]
    resolver.forget()
    resolver.txt("nothing.example")
    assert len(server.questions) == 2


def test_a_wrong_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="not a A record"):
        ZoneServer({"shop.example": {"A": ["192.0.2.999"]}})


def test_mx(resolver: DnsResolver) -> None:
    facts = find_mx(resolver, "shop.example")
    assert facts.hosts == (MxHost(10, "mx1.shop.example"), MxHost(20, "mx2.shop.example"))
    assert facts.can_receive
    assert facts.found == "10 mx1.shop.example, 20 mx2.shop.example"
    null = find_mx(resolver, "null.example")
    assert (null.is_null, null.can_receive, null.found) == (True, False, "0 .")
    implicit = find_mx(resolver, "plain.example")
    assert (implicit.is_implicit, implicit.can_receive) == (True, True)
    assert find_mx(resolver, "nothing.example").can_receive is False
    assert find_mx(resolver, "absent.example").can_receive is False
    assert find_mx(resolver, "broken.example").can_receive is None


def test_dkim_key(resolver: DnsResolver) -> None:
    facts = find_dkim_key(resolver, "s1", "shop.example")
    assert (facts.status, facts.algorithm, facts.bits) == (KeyStatus.OK, "rsa", 2048)
    assert facts.public_key == RSA_DER
    assert facts.found == f"v=DKIM1; k=rsa; p={RSA_P}"
    assert find_dkim_key(resolver, "s2", "shop.example").status is KeyStatus.REVOKED
    assert find_dkim_key(resolver, "s3", "shop.example").status is KeyStatus.INVALID
    assert find_dkim_key(resolver, "s4", "shop.example").public_key == RSA_DER
    assert find_dkim_key(resolver, "s9", "shop.example").status is KeyStatus.MISSING
    assert find_dkim_key(resolver, "s1", "broken.example").status is KeyStatus.MISSING


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"p={RSA_P}", KeyStatus.OK),
        (f"k=rsa; t=y:s; p={RSA_P[:40]} {RSA_P[40:]};", KeyStatus.OK),
        (f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(32)).decode()}", KeyStatus.OK),
        ("v=DKIM1; k=ed25519; p=AAAA", KeyStatus.INVALID),
        (f"v=DKIM2; p={RSA_P}", KeyStatus.INVALID),
        (f"v=DKIM1; k=dsa; p={RSA_P}", KeyStatus.INVALID),
        (f"v=DKIM1; p={EC_P}", KeyStatus.INVALID),
        ("v=DKIM1; p=%%%%", KeyStatus.INVALID),
        ("v=DKIM1; k=rsa", KeyStatus.INVALID),
        (f"p={RSA_P}; p={RSA_P}", KeyStatus.INVALID),
        ("hello", KeyStatus.INVALID),
    ],
)
def test_dkim_key_texts(text: str, status: KeyStatus) -> None:
    facts = parse_dkim_key("s._domainkey.shop.example", text)
    assert facts.status is status, facts
    assert bool(facts.problem) is (status is not KeyStatus.OK)


def test_spf(resolver: DnsResolver) -> None:
    facts = find_spf(resolver, "shop.example")
    assert facts.status is SpfStatus.OK
    assert (facts.lookups, facts.void_lookups, facts.all_qualifier) == (2, 0, "-")
    assert facts.includes == ("spf.service.example",)
    assert facts.covers("198.51.100.7")
    assert facts.covers("2001:db8:1::7")
    assert facts.covers("192.0.2.20")
    assert not facts.covers("203.0.113.1")
    assert facts.found == "v=spf1 include:spf.service.example mx -all"


@pytest.mark.parametrize(
    ("record", "status", "lookups", "voids"),
    [
        ("v=spf1 -all", SpfStatus.OK, 0, 0),
        ("V=SPF1 +a:shop.example/24//64 ~all", SpfStatus.OK, 1, 0),
        ("v=spf1 " + "a:shop.example " * 10 + "-all", SpfStatus.OK, 10, 0),
        ("v=spf1 " + "a:shop.example " * 11 + "-all", SpfStatus.TOO_MANY_LOOKUPS, 11, 0),
        ("v=spf1 include:self.example -all", SpfStatus.TOO_MANY_LOOKUPS, 11, 0),
        ("v=spf1 a:v1.example a:v2.example -all", SpfStatus.OK, 2, 2),
        ("v=spf1 a:v1.example a:v2.example exists:v3.example -all", SpfStatus.TOO_MANY_VOID_LOOKUPS, 3, 3),
        ("v=spf1 -all a:v1.example a:v2.example a:v3.example", SpfStatus.OK, 0, 0),
        ("v=spf1 exists:%{i}._spf.shop.example ptr -all", SpfStatus.OK, 2, 0),
        ("v=spf1 redirect=spf.service.example", SpfStatus.OK, 1, 0),
        ("v=spf1 include:nothing.example -all", SpfStatus.INVALID, 1, 0),
        ("v=spf1 include:broken.example -all", SpfStatus.UNKNOWN, 1, 0),
        ("v=spf1 ip4:300.1.1.1 -all", SpfStatus.INVALID, 0, 0),
        ("v=spf1 ip6:2001:db8::/33 exp=why.example other=1 -all", SpfStatus.OK, 0, 0),
        ("v=spf1 include: -all", SpfStatus.INVALID, 0, 0),
        ("v=spf1 mail:shop.example -all", SpfStatus.INVALID, 0, 0),
        ("v=spf1 a/x -all", SpfStatus.INVALID, 1, 0),
    ],
)
def test_spf_counting(server: ZoneServer, record: str, status: SpfStatus, lookups: int, voids: int) -> None:
    resolver = served({"self.example": {"TXT": [record], "A": ["192.0.2.3"]}}, server)
    facts = find_spf(resolver, "self.example")
    assert (facts.status, facts.lookups, facts.void_lookups) == (status, lookups, voids), facts
    assert facts.found == record
    assert bool(facts.problem) is (status is not SpfStatus.OK)


def test_spf_missing_several_unknown(server: ZoneServer) -> None:
    resolver = served({"two.example": {"TXT": ["v=spf1 -all", "v=spf1 ~all"]}}, server)
    assert find_spf(resolver, "two.example").status is SpfStatus.SEVERAL
    assert find_spf(resolver, "nothing.example").status is SpfStatus.MISSING
    assert find_spf(resolver, "broken.example").status is SpfStatus.UNKNOWN


def test_spf_qualifiers_and_redirect(server: ZoneServer) -> None:
    zone = {
        "neg.example": {"TXT": ["v=spf1 -ip4:192.0.2.0/24 ?include:spf.service.example ip4:203.0.113.0/24 ~all"]},
        "re.example": {"TXT": ["v=spf1 redirect=spf.service.example"]},
    }
    resolver = served(zone, server)
    facts = find_spf(resolver, "neg.example")
    assert facts.networks == ("203.0.113.0/24",)
    assert facts.all_qualifier == "~"
    assert find_spf(resolver, "re.example").all_qualifier == "?"


def test_dmarc_texts() -> None:
    record = parse_dmarc(
        "shop.example", "v=DMARC1; p=reject; sp=quarantine; adkim=s; t=y; rua=mailto:a@x.example, mailto:b@x.example"
    )
    assert record is not None
    assert (record.policy, record.subdomain_policy) == (DmarcPolicy.REJECT, DmarcPolicy.QUARANTINE)
    assert record.nonexistent_policy is DmarcPolicy.QUARANTINE
    assert (record.is_dkim_strict, record.is_spf_strict, record.is_test) == (True, False, True)
    assert record.rua == ("mailto:a@x.example", "mailto:b@x.example")
    assert record.problems == ()
    assert parse_dmarc("shop.example", "p=none; v=DMARC1") is None
    assert parse_dmarc("shop.example", "v=DMARC10; p=none") is None
    lax = parse_dmarc("shop.example", "v=DMARC1; p=maybe")
    assert lax is not None
    assert lax.policy is DmarcPolicy.NONE
    assert lax.problems


def test_dmarc_tree_walk(server: ZoneServer) -> None:
    zone = {
        "_dmarc.shop.example": {"TXT": ["v=DMARC1; p=quarantine; sp=reject"]},
        "_dmarc.own.shop.example": {"TXT": ["v=DMARC1; p=none"]},
        "_dmarc.unit.big.example": {"TXT": ["v=DMARC1; p=reject; psd=n"]},
        "_dmarc.big.example": {"TXT": ["v=DMARC1; p=none"]},
        "_dmarc.bank": {"TXT": ["v=DMARC1; p=reject; psd=y"]},
        "_dmarc.two.example": {"TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]},
        "_dmarc.broken.example": {"SERVFAIL": []},
    }
    resolver = served(zone, server)
    top = find_dmarc(resolver, "shop.example")
    assert (top.policy, top.organizational_domain) == (DmarcPolicy.QUARANTINE, "shop.example")
    below = find_dmarc(resolver, "news.shop.example")
    assert (below.policy, below.organizational_domain) == (DmarcPolicy.REJECT, "shop.example")
    own = find_dmarc(resolver, "own.shop.example")
    assert (own.policy, own.organizational_domain) == (DmarcPolicy.NONE, "shop.example")
    unit = find_dmarc(resolver, "a.unit.big.example")
    assert (unit.organizational_domain, unit.policy) == ("unit.big.example", DmarcPolicy.REJECT)
    bank = find_dmarc(resolver, "mail.my.bank")
    assert (bank.organizational_domain, bank.policy) == ("my.bank", DmarcPolicy.REJECT)
    assert find_dmarc(resolver, "two.example").status is DmarcStatus.SEVERAL
    missing = find_dmarc(resolver, "mail.absent.example")
    assert (missing.status, missing.organizational_domain) == (DmarcStatus.MISSING, "mail.absent.example")
    assert find_dmarc(resolver, "broken.example").status is DmarcStatus.UNKNOWN


def test_a_long_name_costs_at_most_eight_questions(server: ZoneServer) -> None:
    resolver = served({}, server)
    facts = find_dmarc(resolver, "a.b.c.d.e.f.g.h.i.mail.example")
    assert len(facts.asked) == 8
    assert facts.asked[0] == "_dmarc.a.b.c.d.e.f.g.h.i.mail.example"
    assert facts.asked[1] == "_dmarc.e.f.g.h.i.mail.example"
    assert facts.asked[-1] == "_dmarc.example"


def test_alignment(server: ZoneServer) -> None:
    zone = {"_dmarc.shop.example": {"TXT": ["v=DMARC1; p=none"]}}
    resolver = served(zone, server)
    assert is_aligned(resolver, "news.shop.example", "bounce.shop.example", is_strict=False)
    assert not is_aligned(resolver, "news.shop.example", "bounce.shop.example", is_strict=True)
    assert is_aligned(resolver, "shop.example", "Shop.Example.", is_strict=True)
    assert not is_aligned(resolver, "shop.example", "spam.example", is_strict=False)


def test_the_rest_of_a_pretended_world_has_records_of_its_own() -> None:
    """Names under a domain of the zone stay what they are; a known top-level domain does not count."""
    zone = {"shop.example": {"TXT": ["v=spf1 -all"]}}
    with ZoneServer(zone, elsewhere={"MX": ["10 mx.shop.example"]}) as server:
        resolver = DnsResolver([server.nameserver])
        assert resolver.mx("anywhere.de").values and resolver.mx("other.example").values
        assert not resolver.txt("none.shop.example").values
        assert not resolver.mx("none.shop.example").values and not resolver.mx("shop.example").values


KEY = "v=DKIM1; k=rsa; p=" + "A" * 400
RECORDS = [
    ("mf1._domainkey.shop.example", "TXT", KEY),
    ("bounce.shop.example", "MX", "10 mx.service.example"),
    ("bounce.shop.example", "TXT", 'v=spf1 include:"odd\\name" ~all'),
]


def test_records_are_served_at_once_and_replaced_by_the_next() -> None:
    with ZoneServer({"service.example": {}}, elsewhere={"MX": ["10 mx.service.example"]}, takes_updates=True) as server:
        resolver = DnsResolver([server.nameserver], cache_size=0)
        publish_records(server.nameserver, "shop.example", RECORDS)
        assert resolver.txt("mf1._domainkey.shop.example").values == (KEY,)
        assert resolver.mx("bounce.shop.example").values == ("10 mx.service.example",)
        assert resolver.txt("bounce.shop.example").values == (RECORDS[2][2],)
        publish_records(server.nameserver, "shop.example", [("mf1._domainkey.shop.example", "TXT", "v=DKIM1; p=")])
        assert resolver.txt("mf1._domainkey.shop.example").values == ("v=DKIM1; p=",)
        assert resolver.mx("bounce.shop.example").values == ("10 mx.service.example",)


def test_a_server_takes_none_unless_told_to() -> None:
    with ZoneServer({"shop.example": {}}) as server:
        with pytest.raises(UpdateRefused, match="REFUSED"):
            publish_records(server.nameserver, "shop.example", RECORDS)
        assert DnsResolver([server.nameserver]).txt("mf1._domainkey.shop.example").values == ()
    with pytest.raises(UpdateRefused):
        publish_records("127.0.0.1:9", "shop.example", RECORDS)


def test_values_as_zone_files_write_them() -> None:
    assert presentation("MX", "10 mx.service.example") == "10 mx.service.example."
    assert presentation("TXT", "v=spf1 -all") == '"v=spf1 -all"'
    assert presentation("TXT", 'a"\\ü') == '"a\\034\\092\\195\\188"'
    assert presentation("TXT", "x" * 300) == f'"{"x" * 255}" "{"x" * 45}"'

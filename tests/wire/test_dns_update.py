"""Records added to the demonstration's name server (RFC 2136), and why no other takes any."""

import pytest

from mailflatrate.wire.dns import DnsResolver, UpdateRefused, ZoneServer, presentation, publish_records

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

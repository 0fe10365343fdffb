"""Which networks are data centres', and what tells a program's click."""

from ipaddress import ip_network

import pytest

from mailflatrate.rules.feedback.clicks import SHIPPED, Networks, is_mostly_fresh, networks_in, read_networks


@pytest.mark.parametrize(
    "address",
    [
        "52.14.0.1", "54.240.1.2", "2600:1f18::1", "35.190.247.3", "66.249.83.1", "40.94.20.9", "104.47.2.3",
        "2603:1000::7", "67.231.156.10", "148.163.130.1", "207.211.30.5", "170.10.129.1", "209.222.82.255",
        "64.235.150.1", "51.75.1.1", "95.217.1.1", "2a01:4f9:c010::1", "178.62.1.1", "::ffff:52.14.0.1",
    ],
)  # fmt: skip
def test_data_centres_and_mail_scanners_are_known(address: str) -> None:
    assert address in networks_in(SHIPPED)


@pytest.mark.parametrize(
    "address",
    [
        "91.14.200.3", "84.153.10.1", "93.207.1.1", "2003:e5::1", "79.200.1.1", "80.187.100.1", "62.155.200.1",
        "73.162.1.1", "24.5.6.7", "86.3.4.5", "90.127.1.1", "2a02:908::1", "104.28.10.1", "172.225.3.4", "127.0.0.1",
        "10.1.2.3", "no address", None,
    ],
)  # fmt: skip
def test_homes_offices_and_phones_are_not(address: str | None) -> None:
    assert address not in networks_in(SHIPPED)


def test_the_list_says_its_date_and_where_it_comes_from() -> None:
    head = SHIPPED.read_text()[:1200]
    assert "Date: 20" in head
    assert "Origin:" in head
    assert len(networks_in(SHIPPED)) > 500


def test_networks_within_networks() -> None:
    found = Networks([ip_network("10.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("2001:db8::/32")])
    assert {"10.0.0.0", "10.1.2.3", "10.200.0.1", "10.255.255.255", "2001:db8::5"} == {
        one for one in ("9.255.255.255", "10.0.0.0", "10.1.2.3", "10.200.0.1", "10.255.255.255", "11.0.0.0",
                        "2001:db8::5", "2001:db9::1", "::1") if one in found
    }  # fmt: skip


def test_a_list_with_something_else_in_it_is_refused() -> None:
    with pytest.raises(ValueError, match="10"):
        read_networks("10.0.0.1/8")


@pytest.mark.parametrize(
    ("fresh", "sent", "mostly"), [(0, 0, False), (3, 3, True), (500, 1000, False), (501, 1000, True)]
)
def test_what_was_sent_just_now(fresh: int, sent: int, mostly: bool) -> None:
    assert is_mostly_fresh(fresh, sent) is mostly

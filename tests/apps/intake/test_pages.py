"""HTML of another system that is fetched by its address: from the system's own hosts, whole, and without the key."""

import pytest

from mailflatrate.apps.intake.fetching.api import ApiLink
from mailflatrate.apps.intake.fetching.pages import html_at
from mailflatrate.wire.dns import DnsResolver
from support.fake_apis import serving


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://cleverreach.com.evil.example/x",
        "https://evilcleverreach.com/x",
        "https://user@evil.example/cleverreach.com",
        "https://evil.example#.cleverreach.com",
        "file:///etc/passwd",
        "https://[::1",
        "http://cleverreach.com/x",
        "https://127.0.0.1/x",
    ],
)
def test_html_is_fetched_from_the_systems_own_hosts_only(url: str) -> None:
    requests = ApiLink(DnsResolver(["127.0.0.1"]), pause=lambda _seconds: None)
    assert html_at(url, ("cleverreach.com",), requests) == ""
    with serving({"/x": "<p>x</p>"}) as api:
        own = ApiLink(DnsResolver(["127.0.0.1"]), pause=lambda _seconds: None, private=True)
        assert html_at(f"{api.url}/x", ("127.0.0.1",), own) == "<p>x</p>"
        assert html_at(f"{api.url}/x", ("cleverreach.com",), own) == ""
        for fault in (
            (302, {"Location": "/x"}, b""),
            (200, {"Content-Type": "application/pdf"}, b"x"),
            (200, {"Content-Type": "text/html; charset=nope"}, b"x"),
            (200, {"Content-Type": "text/html", "Content-Length": "90"}, b"x"),
            (200, {"Content-Type": "text/html"}, b"x" * (1024 * 1024 + 1)),
        ):
            api.faults = [fault]
            assert html_at(f"{api.url}/x", ("127.0.0.1",), own) == ""

"""Looking at a stranger's website: through real sockets, and never into the own network by accident."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.wire.dns import DnsResolver, ZoneServer
from mailflatrate.wire.web import LARGEST_PAGE_OCTETS, Want, WebStatus, fetch, fetch_page

ZONE = {
    "site.example": {"A": ["127.0.0.1"]},
    "inside.example": {"A": ["10.0.0.7"]},
    "xn--mller-kva.example": {"A": ["127.0.0.1"]},
}


ODD = {"/odd": "http://[", "/port": "http://site.example:port/", "/green": "/echo/grün"}


class Site(BaseHTTPRequestHandler):
    """A website with good and bad pages."""

    def do_GET(self) -> None:
        if self.path == "/big":
            return self._answer(200, b"x" * (2 * LARGEST_PAGE_OCTETS))
        if self.path == "/gone":
            return self._answer(404, b"no")
        if self.path == "/broken":
            return self._answer(500, b"no")
        if self.path.startswith("/to/"):
            return self._answer(302, b"", Location=self.path.removeprefix("/to/").replace("_", "/"))
        if self.path in ODD:
            return self._answer(302, b"", Location=ODD[self.path].encode().decode("latin-1"))
        if self.path.startswith("/echo"):
            return self._answer(200, f"{self.headers['Host']} {self.path}".encode())
        if self.path == "/round":
            return self._answer(302, b"", Location="/round")
        if self.path == "/latin":
            return self._answer(200, "Müller".encode("latin-1"), **{"Content-Type": "text/html; charset=latin-1"})
        return self._answer(200, f"Impressum {self.headers['Host']}".encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def resolver() -> Iterator[DnsResolver]:
    with ZoneServer(ZONE) as dns:
        yield DnsResolver([dns.nameserver], timeout_seconds=2)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_is_read_as_a_visitor_reads_it(resolver: DnsResolver, port: int) -> None:
    base = f"http://site.example:{port}"
    page = fetch_page(f"{base}/", resolver, private=True)
    assert (page.status, page.html) == (WebStatus.OK, f"Impressum site.example:{port}")
    assert fetch_page(f"{base}/to/_imprint", resolver, private=True).url == f"{base}/imprint"
    assert fetch_page(f"{base}/latin", resolver, private=True).html == "Müller"
    assert len(fetch_page(f"{base}/big", resolver, private=True).html) == LARGEST_PAGE_OCTETS


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        ("/gone", WebStatus.MISSING, "404"),
        ("/broken", WebStatus.FAILED, "500"),
        ("/round", WebStatus.FAILED, "redirects"),
    ],
)
def test_what_is_wrong_is_said(resolver: DnsResolver, port: int, path: str, status: WebStatus, problem: str) -> None:
    page = fetch_page(f"http://site.example:{port}{path}", resolver, private=True)
    assert page.status is status
    assert problem in page.problem


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://site.example:{port}/", "http://inside.example/",
     "http://[::1]:{port}/", "http://169.254.169.254/latest/meta-data", "http://0.0.0.0:{port}/", "http://2130706433/"],
)  # fmt: skip
def test_a_stranger_does_not_send_us_into_our_own_network(resolver: DnsResolver, port: int, url: str) -> None:
    page = fetch_page(url.format(port=port), resolver)
    assert page.status in (WebStatus.UNKNOWN, WebStatus.MISSING)
    assert page.html == ""


def test_a_redirect_inwards_is_not_followed(resolver: DnsResolver, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address may be visited, the second is looked at again."""
    from mailflatrate.wire import web

    asked: list[str] = []

    def only_the_first(host: str, used: DnsResolver, private: bool) -> str:
        asked.append(host)
        return "127.0.0.1" if host == "site.example" else real(host, used, private=private)

    real = web.allowed_address
    monkeypatch.setattr(web, "allowed_address", only_the_first)
    monkeypatch.setattr(web, "PORTS", {port})
    page = fetch_page(f"http://site.example:{port}/to/http:__127.0.0.1:{port}_", resolver)
    assert (page.status, page.html, asked) == (WebStatus.UNKNOWN, "", ["site.example", "127.0.0.1"])


@pytest.mark.parametrize(
    "url", ["ftp://site.example/", "file:///etc/passwd", "javascript:alert(1)", "http://", "x", "http://a b/"]
)
def test_what_is_no_web_address_is_not_visited(resolver: DnsResolver, url: str) -> None:
    assert fetch_page(url, resolver, private=True).status in (WebStatus.FAILED, WebStatus.MISSING)


def test_a_name_that_does_not_exist_and_a_dns_that_says_nothing(resolver: DnsResolver) -> None:
    assert fetch_page("https://nowhere.example/", resolver).status is WebStatus.MISSING
    silent = DnsResolver(["127.0.0.1:9"], timeout_seconds=0.3)
    assert fetch_page("https://site.example/", silent).status is WebStatus.UNKNOWN


def test_nobody_listens(resolver: DnsResolver) -> None:
    page = fetch_page("http://site.example:9/", resolver, private=True)
    assert page.status is WebStatus.FAILED


def test_other_letters_are_written_as_octets_and_names_as_the_dns_knows_them(resolver: DnsResolver, port: int) -> None:
    def html(url: str) -> str:
        return fetch_page(url, resolver, private=True).html

    base = f"http://site.example:{port}"
    assert html(f"{base}/echo/grün und%20blau?q=ä&b=%C3%BC#x") == (
        f"site.example:{port} /echo/gr%C3%BCn%20und%20blau?q=%C3%A4&b=%C3%BC"
    )
    assert html(f"http://anna@Müller.example:{port}/echo") == f"xn--mller-kva.example:{port} /echo"
    assert html(f"{base}/green") == f"site.example:{port} /echo/gr%C3%BCn"


@pytest.mark.parametrize("path", ["/odd", "/port"])
def test_a_redirect_to_no_address_is_a_failure_of_the_website(resolver: DnsResolver, port: int, path: str) -> None:
    assert fetch_page(f"http://site.example:{port}{path}", resolver, private=True).status is WebStatus.FAILED


_ODD_TEXT = st.text(alphabet=st.one_of(st.sampled_from("/:?#[]@%. \t\n\0\\ü-"), st.characters()), max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(odd=_ODD_TEXT, place=st.sampled_from(["http://{}", "http://{}/a", "http://site.example:{port}/{}", "{}"]))
def test_no_address_raises(resolver: DnsResolver, port: int, odd: str, place: str) -> None:
    seen = fetch(place.replace("{port}", str(port)).replace("{}", odd), resolver, Want(seconds=3.0), private=True)
    assert isinstance(seen.status, WebStatus)


def test_a_server_that_sends_drop_by_drop(resolver: DnsResolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each drop comes in time, the whole would take for ever: the look ends."""

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    sleep(0.02)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    monkeypatch.setattr("mailflatrate.wire.web.VISIT_SECONDS", 0.3)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    seen = fetch(f"http://site.example:{server.server_address[1]}/", resolver, private=True)
    server.shutdown()
    server.server_close()
    thread.join()
    assert (seen.status, seen.problem) == (WebStatus.UNKNOWN, "no answer in time")


def test_no_more_is_read_than_wanted(resolver: DnsResolver, port: int) -> None:
    seen = fetch(f"http://site.example:{port}/big", resolver, Want(most_octets=1000), private=True)
    assert (seen.status, len(seen.body)) == (WebStatus.OK, 1000)

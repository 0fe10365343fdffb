"""The test inbox: a message as its recipient would see it, and only for the account it came from."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dkim
import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.domains.models import DkimKey
from mailflatrate.apps.inbound.models import InboxMessage
from mailflatrate.apps.inbound.test_inbox import MailboxBehavior
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.studio.test_inbox.reading import path_here
from mailflatrate.entrypoints.studio.test_inbox.views import BEHAVIOURS, VERDICTS, behaviour_words
from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.mail.signing.dkim_verify import DkimStatus
from mailflatrate.settings import load_settings
from mailflatrate.settings.schema import read_settings
from support.customers import Customer
from support.people import browser, person, text

pytestmark = pytest.mark.usefixtures("database")

TOKEN = "a" * 32
HTML = (
    '<p>Hello <script>alert(1)</script><a href="{base}/c/xyz">bulbs</a> <a href="https://elsewhere.example/x">x</a></p>'
)


def letter(subject: str = "Winter bulbs", base: str | None = None) -> EmailMessage:
    base = base or load_settings().public_url
    message = EmailMessage()
    message["From"] = "Lindenhof <news@lindenhof.example>"
    message["To"] = "dora@test-inbox.example"
    message["Subject"] = subject
    message["List-Unsubscribe"] = f"<{base}/u/{TOKEN}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("Hello in plain text")
    message.add_alternative(HTML.format(base=base), subtype="html")
    return message


def receive(account_id: int | None, raw: bytes, **values: object) -> InboxMessage:
    with tenancy.platform(PlatformReason.TEST_INBOX):
        fields = {"envelope_to": "dora@test-inbox.example", "subject": "Winter bulbs", "mailing_id": "4K7Q-92XD-E"}
        return InboxMessage.objects.create(account_id=account_id, raw=raw, **fields | values)


def arrived(anna: Customer, raw: bytes | None = None, **values: object) -> str:
    row = receive(anna.account_id, raw or letter().as_bytes(), **values)
    return f"/studio/test-inbox/{row.id}/"


def test_an_empty_test_inbox_explains_itself(anna: Customer) -> None:
    assert "No messages yet" in text(anna.client.get("/studio/test-inbox/"))


def test_search_and_pages(anna: Customer) -> None:
    for number in range(51):
        receive(anna.account_id, b"Subject: x\r\n\r\n", envelope_to=f"reader{number}@test-inbox.example")
    first = text(anna.client.get("/studio/test-inbox/"))
    assert "reader50@" in first
    assert "reader0@" not in first
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "reader0@" in text(anna.client.get(f"/studio/test-inbox/{older}"))
    found = text(anna.client.get("/studio/test-inbox/?q=READER7@", headers={"HX-Request": "true"}))
    assert "reader7@" in found
    assert "reader8@" not in found
    assert found.lstrip().startswith('<div id="messages"')
    assert "No matching messages" in text(anna.client.get("/studio/test-inbox/?q=nobody"))
    assert anna.client.get("/studio/test-inbox/?before=x&q=%00").status_code == 200


def test_every_view_of_a_message(anna: Customer) -> None:
    url = arrived(anna, behaviour=MailboxBehavior.COMPLAIN.value)
    page = text(anna.client.get(url))
    assert "This address sent a spam complaint" in page
    assert "sandbox" in page.partition("<iframe")[2].partition(">")[0]
    assert "Hello in plain text" in text(anna.client.get(f"{url}?view=text"))
    assert "List-Unsubscribe-Post" in text(anna.client.get(f"{url}?view=headers"))
    assert "MIME-Version: 1.0" in text(anna.client.get(f"{url}?view=source"))
    download = anna.client.get(f"{url}raw/")
    assert b"Hello in plain text" in download.content
    assert "attachment" in download.headers["Content-Disposition"]


def test_the_page_of_a_mail_has_no_power(anna: Customer) -> None:
    answer = anna.client.get(f"{arrived(anna)}html/")
    assert "Hello" in text(answer)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert "allow" not in policy
    assert "frame-ancestors 'self'" in policy


def test_links_are_shown_as_they_stand_and_ours_open_here(anna: Customer) -> None:
    base = load_settings().public_url
    page = text(anna.client.get(arrived(anna)))
    assert f'href="/c/xyz" target="_blank" rel="noopener noreferrer">{base}/c/xyz<' in page
    assert ">https://elsewhere.example/x<" in page
    assert f'href="/u/{TOKEN}"' in page
    assert path_here("https://elsewhere.example/u/x") == ""
    assert path_here(f"{base}//evil.example/") == ""
    assert path_here(f"{base}.evil.example/u/x") == ""


def sign(anna: Customer, message: EmailMessage) -> bytes:
    with tenancy.account(anna.account_id):
        pem = DkimKey.objects.get(selector="one").open()
    raw = message.as_bytes().replace(b"\n", b"\r\n")
    return bytes(dkim.sign(raw, b"one", b"lindenhof.example", pem)) + raw


def test_the_signature_is_checked_by_ourselves(anna: Customer) -> None:
    raw = sign(anna, letter())
    page = text(anna.client.get(f"{arrived(anna, raw)}signature/"))
    assert "The signature is valid" in page
    assert "lindenhof.example" in page
    assert "list-unsubscribe" in page
    changed = raw.replace(b"plain text", b"plane text")
    assert "The body was changed" in text(anna.client.get(f"{arrived(anna, changed)}signature/"))
    assert "isn't signed." in text(anna.client.get(f"{arrived(anna)}signature/"))


def test_the_key_of_another_account_is_not_used(anna: Customer) -> None:
    raw = sign(anna, letter())
    customer = Customer.registered("Carla's Cafe")
    account_id, user = customer.account_id, customer.owner
    row = receive(account_id, raw)
    page = text(browser(user).get(f"/studio/test-inbox/{row.id}/signature/"))
    assert "The signature is valid" not in page


def test_broken_messages_are_shown_all_the_same(anna: Customer) -> None:
    for raw in (
        b"",
        b"\r\n\r\n",
        b"no header at all",
        b"Subject: =?x?q?=ff?=\r\nFrom: <<>\r\n\r\n\xff\xfe",
        b"Content-Type: text/html; charset=nonsense\r\n\r\n<p>x",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
    ):
        url = arrived(anna, raw or b"\r\n")
        for view in ("", "?view=html", "?view=text", "?view=headers", "?view=source", "html/", "signature/", "raw/"):
            assert anna.client.get(url + view).status_code == 200, (raw, view)


@contextmanager
def public_pages(status: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, bytes]]]:
    """A TLS server on a port of its own in the place of the public pages; yields what it was asked."""
    asked: list[tuple[str, str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers["Content-Type"], body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Keep the output quiet."""

    paths = certificate(read_settings({"MAILFLATRATE_DATA_DIR": str(folder)}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("MAILFLATRATE_PUBLIC_URL", f"https://localhost:{server.server_port}")
    load_settings.cache_clear()
    try:
        yield asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        monkeypatch.delenv("MAILFLATRATE_PUBLIC_URL")
        load_settings.cache_clear()


@pytest.mark.parametrize(
    ("status", "words"), [(200, "Response 200"), (302, "The response was 302"), (404, "The response was 404")]
)
def test_the_post_of_a_provider(
    anna: Customer, status: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with public_pages(status, tmp_path, monkeypatch) as asked:
        url = arrived(anna, letter(base=load_settings().public_url).as_bytes())
        answer = anna.client.post(f"{url}one-click/")
        assert answer.status_code == 303
        assert asked == [(f"/u/{TOKEN}", "application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")]
        assert words in text(anna.client.get(url))


def test_no_answer_is_said(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILFLATRATE_PUBLIC_URL", "https://localhost:1")
    load_settings.cache_clear()
    try:
        url = arrived(anna, letter(base="https://localhost:1").as_bytes())
        anna.client.post(f"{url}one-click/")
        assert "The public pages didn&#x27;t respond." in text(anna.client.get(url))
    finally:
        monkeypatch.delenv("MAILFLATRATE_PUBLIC_URL")
        load_settings.cache_clear()


def test_the_post_goes_nowhere_else(anna: Customer) -> None:
    url = arrived(anna, letter(base="https://evil.example").as_bytes())
    assert anna.client.post(f"{url}one-click/").status_code == 404
    assert "doesn't include one of our one-click unsubscribe links" in text(anna.client.get(url))


def test_strangers_find_nothing(anna: Customer) -> None:
    url = arrived(anna)
    nobody = receive(None, letter().as_bytes())
    user = Customer.registered("Carla's Cafe").owner
    carla = browser(user)
    for part in ("", "html/", "raw/", "signature/"):
        assert carla.get(url + part).status_code == 404
        assert anna.client.get(f"/studio/test-inbox/{nobody.id}/{part}").status_code == 404, "mail of no account"
        assert Client().get(url + part).status_code == 302
    assert carla.post(f"{url}one-click/").status_code == 404
    assert anna.client.get(f"{url}one-click/").status_code == 405
    assert "dora@" not in text(carla.get("/studio/test-inbox/"))
    assert "dora@" not in text(carla.get("/studio/test-inbox/?q=dora"))


def test_ben_looks_and_unsubscribes_nobody(anna: Customer) -> None:
    url = arrived(anna)
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    assert "Send one-click POST" not in text(ben.get(url))
    assert ben.post(f"{url}one-click/").status_code == 403


def test_every_behaviour_and_every_verdict_has_words() -> None:
    assert set(BEHAVIOURS) == set(MailboxBehavior)
    assert set(VERDICTS) == set(DkimStatus)
    assert behaviour_words("") == behaviour_words("no such thing") == ""

"""SMTP submission over TLS: a key as password, a reviewed template, one recipient; and who gets nowhere."""

import asyncio
import json
import smtplib  # noqa: TID251 - a mail program from outside
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.smtpd.connection_limits import CountedSMTP, Visitors
from mailflatrate.entrypoints.smtpd.content import ContentBudget
from mailflatrate.entrypoints.smtpd.submission import OPTIONS, SubmissionHandler, submission_context
from mailflatrate.settings import load_settings
from support.api import program_of
from support.transactional import DATA, TransactionalCustomer, fresh_recipient, transactional_customer
from support.waiting import wait_until


def _certificate(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(chain), str(private)


@pytest.fixture(scope="module")
def anna(database: str) -> TransactionalCustomer:
    assert database
    return transactional_customer()


@pytest.fixture(scope="module")
def server(anna: TransactionalCustomer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """The listener on a port of its own, in a thread; its port and its certificate."""
    chain, private = _certificate(tmp_path_factory.mktemp("tls"))
    changes = {"submission_port": 465, "submission_certificate": chain, "submission_key": private}
    context = submission_context(load_settings().model_copy(update=changes))
    assert context is not None
    loop, limits = asyncio.new_event_loop(), Visitors("")
    options: dict[str, Any] = {"budget": ContentBudget(), "hostname": "localhost", "ident": "test", **OPTIONS}

    made: list[CountedSMTP] = []

    def connection() -> CountedSMTP:
        made.append(CountedSMTP(SubmissionHandler(), limits, **options))
        return made[-1]

    async def listen() -> asyncio.Server:
        return await loop.create_server(connection, "127.0.0.1", 0, ssl=context)

    async def rest() -> None:
        """A few turns of the loop, in which it closes the sockets of connections that have ended."""
        for _turn in range(20):
            await asyncio.sleep(0)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listener = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    yield listener.sockets[0].getsockname()[1], chain
    loop.call_soon_threadsafe(listener.close)
    wait_until(lambda: all(each.transport is None for each in made), "the end of every connection")
    asyncio.run_coroutine_threadsafe(rest(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def connected(server: tuple[int, str]) -> smtplib.SMTP_SSL:
    context = ssl.create_default_context(cafile=server[1])
    context.check_hostname = False
    return smtplib.SMTP_SSL("127.0.0.1", server[0], context=context, timeout=30)


def mail(recipient: str, template: str = "shipped", body: str = "", message_id: str = "") -> bytes:
    known = f"Message-ID: {message_id}\r\n" if message_id else ""
    head = f"To: {recipient}\r\nX-Template: {template}\r\nX-Reference: order A-4711\r\n{known}"
    return f"{head}Content-Type: application/json\r\n\r\n{body or json.dumps(DATA)}".encode()


def send(server: tuple[int, str], secret: str, recipient: str, content: bytes) -> tuple[int, str]:
    with connected(server) as client:
        client.login("key", secret)
        client.mail("shop@lindenhof.example")
        client.rcpt(recipient)
        code, said = client.data(content)
        return code, said.decode()


def messages(anna: TransactionalCustomer, recipient: str) -> list[TransactionalMessage]:
    with tenancy.account(anna.account_id):
        return list(TransactionalMessage.objects.filter(recipient=recipient))


@pytest.fixture(scope="module")
def secret(anna: TransactionalCustomer) -> str:
    return program_of(anna.customer, [KeyScope.MESSAGES]).secret


def test_a_message_is_queued_once_for_its_message_id(
    anna: TransactionalCustomer, server: tuple[int, str], secret: str
) -> None:
    recipient = fresh_recipient()
    content = mail(recipient, message_id="<order-1@shop.example>")
    first = send(server, secret, recipient, content)
    assert first[0] == 250 and send(server, secret, recipient, content) == first
    (made,) = messages(anna, recipient)
    assert made.reference == "A-4711" and "API key" in made.through
    assert send(server, secret, recipient, content + b" ")[0] == 550


@pytest.mark.parametrize(
    ("template", "body", "words"),
    [
        ("nothing", "", "template"),
        ("shipped", "{}", "missing"),
        ("shipped", "<p>Buy now</p>", "JSON"),
        ("shipped", json.dumps({**DATA, "first_name": "https://shop.example"}), "web address"),
        ("", "", "X-Template"),
    ],
)
def test_what_names_no_reviewed_template_or_has_bad_data_is_refused_for_good(
    anna: TransactionalCustomer, server: tuple[int, str], secret: str, template: str, body: str, words: str
) -> None:
    recipient = fresh_recipient()
    code, said = send(server, secret, recipient, mail(recipient, template, body))
    assert code == 550 and words in said
    assert messages(anna, recipient) == []


def test_a_rule_that_refuses_is_named(server: tuple[int, str], secret: str) -> None:
    recipient = "info@briefkasten-lindenhof.de"
    code, said = send(server, secret, recipient, mail(recipient))
    assert code == 550 and "contract-address" in said


def test_without_a_key_nothing_is_taken(anna: TransactionalCustomer, server: tuple[int, str]) -> None:
    with connected(server) as client:
        client.ehlo()
        assert client.mail("shop@lindenhof.example")[0] == 530
    other = program_of(anna.customer, [KeyScope.READ, KeyScope.CONTACTS_WRITE]).secret
    for wrong in ("mfk_nothing", other, ""):
        with connected(server) as client, pytest.raises(smtplib.SMTPException):
            client.login("key", wrong)


def test_guessing_ends_the_connection_after_three_tries(server: tuple[int, str]) -> None:
    with connected(server) as client:
        client.ehlo()
        replies = []
        for _ in range(3):
            try:
                replies.append(client.docmd("AUTH", "PLAIN AGsAbWZrX3dyb25n")[0])
            except smtplib.SMTPServerDisconnected:
                break
        assert replies == [535, 535, 421]
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.docmd("NOOP")
            client.docmd("NOOP")


def test_one_recipient_and_no_other_mechanism(server: tuple[int, str], secret: str) -> None:
    with connected(server) as client:
        client.ehlo()
        assert client.esmtp_features["auth"].split() == ["PLAIN"]
        client.login("key", secret)
        client.mail("shop@lindenhof.example")
        assert client.rcpt(fresh_recipient())[0] == 250
        assert client.rcpt(fresh_recipient())[0] == 452


@pytest.mark.slow
def test_without_tls_nothing_is_heard(server: tuple[int, str]) -> None:
    with pytest.raises((smtplib.SMTPException, OSError)):
        smtplib.SMTP("127.0.0.1", server[0], timeout=5).ehlo()


def test_it_is_off_unless_a_certificate_is_set() -> None:
    assert submission_context(load_settings()) is None
    assert submission_context(load_settings().model_copy(update={"submission_port": 465})) is None

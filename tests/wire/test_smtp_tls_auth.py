"""STARTTLS with a self-signed certificate, and AUTH."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailflatrate.wire.smtp.open import tls_context
from mailflatrate.wire.smtp.pool import SmtpPool
from mailflatrate.wire.smtp.types import OutgoingMessage, RelayConfig, RelayUnavailable, SendOutcome, Stage, TlsMode
from support.fake_relay import ANY, FakeRelay, Step


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "relay.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def letters(count: int) -> Iterator[OutgoingMessage]:
    return (OutgoingMessage(n, "b@bounce.example", f"dora{n}@people.example", b"x\r\n" * 2000) for n in range(count))


async def deliver(relay: FakeRelay, **settings: object) -> list[SendOutcome]:
    outcomes: list[SendOutcome] = []
    config = RelayConfig("127.0.0.1", relay.port, **settings)  # type: ignore[arg-type]
    async with SmtpPool(config, 2) as pool:
        await pool.send_many(letters(20), outcomes.append)
    return outcomes


def test_required_tls_with_a_trusted_certificate(certificate: Path) -> None:
    async def main() -> None:
        async with FakeRelay(tls_context=server_context(certificate)) as relay:
            outcomes = await deliver(relay, tls=TlsMode.REQUIRED, ca_file=certificate)
            assert len(outcomes) == 20
            assert all(outcome.tls for outcome in outcomes)
            assert all(letter.tls for letter in relay.received)
            ehlos = [line for line in relay.commands if line.startswith("EHLO")]
            assert len(ehlos) == 2 * relay.counts[Step.CONNECT], "EHLO is said again after the handshake"

    uvloop.run(main())


def test_required_tls_refuses_a_certificate_nobody_vouches_for(certificate: Path) -> None:
    async def main() -> None:
        async with FakeRelay(tls_context=server_context(certificate)) as relay:
            with pytest.raises(RelayUnavailable) as caught:
                await deliver(relay, tls=TlsMode.REQUIRED)
            assert caught.value.stage is Stage.STARTTLS
            assert relay.received == []
            outcomes = await deliver(relay, tls=TlsMode.REQUIRED, verify_certificate=False)
            assert all(outcome.tls for outcome in outcomes)

    uvloop.run(main())


def test_opportunistic_tls_takes_any_certificate(certificate: Path) -> None:
    async def main() -> None:
        async with FakeRelay(tls_context=server_context(certificate)) as relay:
            assert all(outcome.tls for outcome in await deliver(relay))

    uvloop.run(main())


def test_opportunistic_tls_goes_on_in_plain_text_when_the_handshake_fails(certificate: Path) -> None:
    async def main() -> None:
        async with FakeRelay(tls_context=server_context(certificate)) as relay:
            relay.on(Step.STARTTLS, ANY, "454 4.7.0 not now")
            outcomes = await deliver(relay)
            assert len(outcomes) == 20
            assert not any(outcome.tls for outcome in outcomes)
            with pytest.raises(RelayUnavailable) as caught:
                await deliver(relay, tls=TlsMode.REQUIRED)
            assert caught.value.code == 454

    uvloop.run(main())


def test_tls_modes_without_an_offer(certificate: Path) -> None:
    async def main() -> None:
        async with FakeRelay() as relay:
            assert len(await deliver(relay)) == 20
            with pytest.raises(RelayUnavailable) as caught:
                await deliver(relay, tls=TlsMode.REQUIRED)
            assert caught.value.stage is Stage.STARTTLS
        async with FakeRelay(tls_context=server_context(certificate)) as relay:
            assert not any(outcome.tls for outcome in await deliver(relay, tls=TlsMode.NEVER))
            assert "STARTTLS" not in relay.commands

    uvloop.run(main())


def test_plain_text_behind_the_starttls_reply_is_an_attack(certificate: Path) -> None:
    async def main() -> None:
        async with FakeRelay(tls_context=server_context(certificate)) as relay:
            relay.on(Step.STARTTLS, ANY, "220 2.0.0 go ahead\n250 injected")
            with pytest.raises(RelayUnavailable):
                await deliver(relay, tls=TlsMode.REQUIRED, ca_file=certificate)
            assert relay.received == []

    uvloop.run(main())


def test_nothing_older_than_tls_1_2() -> None:
    assert tls_context(True, None).minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls_context(True, None).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("mechanisms", ["AUTH PLAIN LOGIN", "AUTH LOGIN", "AUTH=PLAIN"])
def test_auth(certificate: Path, mechanisms: str) -> None:
    async def main() -> None:
        features = ("PIPELINING", mechanisms)
        users = {"anna": "gehäim"}
        async with FakeRelay(features, tls_context=server_context(certificate), users=users) as relay:
            await deliver(relay, username="anna", password="gehäim")
            assert set(relay.logins) == {"anna"}
            assert len(relay.received) == 20
            with pytest.raises(RelayUnavailable) as caught:
                await deliver(relay, username="anna", password="mistaken")
            assert (caught.value.stage, caught.value.code) == (Stage.AUTH, 535)
            assert "mistaken" not in str(caught.value)

    uvloop.run(main())


def test_no_password_in_plain_text_unless_allowed() -> None:
    async def main() -> None:
        async with FakeRelay(("PIPELINING", "AUTH PLAIN"), users={"anna": "secret"}) as relay:
            with pytest.raises(RelayUnavailable) as caught:
                await deliver(relay, username="anna", password="secret")
            assert caught.value.stage is Stage.AUTH
            assert not any(line.startswith("AUTH") for line in relay.commands)
            await deliver(relay, username="anna", password="secret", allow_plaintext_auth=True)
            assert relay.logins

    uvloop.run(main())


def test_a_relay_without_auth_is_not_used_when_we_have_a_name() -> None:
    async def main() -> None:
        async with FakeRelay() as relay:
            with pytest.raises(RelayUnavailable) as caught:
                await deliver(relay, username="anna", password="secret", allow_plaintext_auth=True)
            assert caught.value.stage is Stage.AUTH

    uvloop.run(main())


def test_a_configuration_shows_no_password() -> None:
    assert "secret" not in repr(RelayConfig("127.0.0.1", password="secret"))

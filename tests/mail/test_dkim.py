"""Our signatures hold for an independent verifier and break at every change that matters."""

import base64
import hashlib
from datetime import timedelta

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from mailflatrate.mail.headers import canonical, serialise
from mailflatrate.mail.signing.dkim import (
    Signer,
    SigningKeyError,
    body_hash,
    generate_key,
    public_record,
)

PEM, RECORD = generate_key()
SIGNER = Signer("news.example.org", "s1", PEM)
STATIC = [(b"From", b"Brand <news@news.example.org>"), (b"Subject", b"A subject\r\n that is folded")]
OWN = [(b"To", b"<dora@example.net>"), (b"Date", b"Tue, 24 Nov 2026 12:00:00 +0000")]
BODY = b"Dear Dora,\r\n\r\nhello.\r\n"
AT = 1_795_521_600


def signed(lifetime: timedelta | None = None, at: int = AT) -> bytes:
    plan = SIGNER.plan(STATIC, [name for name, _ in OWN], lifetime)
    unsigned = plan.prepare(b"".join(map(canonical, OWN)), body_hash(BODY), at)
    return unsigned.field(unsigned.key.sign(unsigned.digest)) + serialise([*STATIC, *OWN]) + b"\r\n" + BODY


def verifies(message: bytes, record: str = RECORD) -> bool:
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: record.encode()))


def test_an_independent_verifier_accepts_it() -> None:
    message = signed()
    assert verifies(message)
    assert not verifies(message, public_record(generate_key()[0]))


def test_the_public_key_is_asked_for_under_the_selector() -> None:
    asked = []

    def answer(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return RECORD.encode()

    assert dkim.verify(signed(), dnsfunc=answer)
    assert asked == [b"s1._domainkey.news.example.org."]


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Content-Type"])
def test_a_second_field_breaks_it_wherever_it_stands(name: str) -> None:
    message = signed()
    extra = f"{name}: Eve <eve@example.com>\r\n".encode()
    assert not verifies(extra + message)
    assert not verifies(message.replace(b"\r\n\r\n", b"\r\n" + extra + b"\r\n", 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Dear Dora", b"Dear Eve"),
        (b"A subject", b"B subject"),
        (b"<dora@", b"<eve@"),
        (b"12:00:00", b"12:00:01"),
        (f"t={AT}".encode(), f"t={AT - 1}".encode()),
        (b"d=news.example.org", b"d=example.org"),
    ],
)
def test_a_change_breaks_it(old: bytes, new: bytes) -> None:
    message = signed()
    assert old in message
    assert not verifies(message.replace(old, new))


def test_what_transport_may_change_does_not_break_it() -> None:
    message = signed()
    assert verifies(message.replace(b"Subject: A subject\r\n that", b"SUBJECT:   A subject   that"))
    assert verifies(b"Received: from somewhere\r\n" + message + b"\r\n\r\n")


def test_the_time_tags() -> None:
    assert b"x=" not in signed()
    bulk = signed(timedelta(hours=48))
    assert f"t={AT}; x={AT + 172800};".encode() in bulk
    assert b"l=" not in bulk.partition(b"b=")[0]
    assert f"t={AT + 1};".encode() in signed(at=AT + 1)


def test_one_plan_signs_at_changing_times() -> None:
    plan = SIGNER.plan(STATIC, [name for name, _ in OWN], None)
    own = b"".join(map(canonical, OWN))
    for at in (AT, AT, AT + 1, AT):
        unsigned = plan.prepare(own, body_hash(BODY), at)
        field = unsigned.field(unsigned.key.sign(unsigned.digest))
        assert f"t={at};".encode() in field
        assert verifies(field + serialise([*STATIC, *OWN]) + b"\r\n" + BODY)
        assert max(map(len, field.split(b"\r\n"))) <= 78


def test_a_plan_signs_every_field_once_and_always_from() -> None:
    with pytest.raises(SigningKeyError):
        SIGNER.plan(STATIC, [b"from"], None)
    with pytest.raises(SigningKeyError):
        SIGNER.plan(STATIC[1:], [b"To"], None)


def test_the_record_is_the_public_key() -> None:
    assert RECORD.startswith("v=DKIM1; k=rsa; p=")
    assert public_record(PEM) == RECORD


def test_the_body_hash_is_sha256() -> None:
    assert base64.b64decode(body_hash(BODY)) == hashlib.sha256(BODY).digest()


def pem_of(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_unfit_keys_are_refused() -> None:
    weak = pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    foreign = pem_of(ed25519.Ed25519PrivateKey.generate())
    for pem in (weak, foreign, b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(SigningKeyError):
            Signer("example.org", "s1", pem)
    with pytest.raises(SigningKeyError):
        public_record(b"no key")


@pytest.mark.parametrize(
    ("domain", "selector"),
    [
        ("example", "s1"),
        ("Example.org", "s1"),
        ("example.org", "s 1"),
        ("example.org", ""),
        ("a;b.org", "s1"),
        ("example.org\r\nX: y", "s1"),
        ("example.org\n", "s1"),
        ("example.org", "s1\n"),
    ],
)
def test_unfit_names_are_refused(domain: str, selector: str) -> None:
    with pytest.raises(SigningKeyError, match="isn't a valid name for a key"):
        Signer(domain, selector, PEM)

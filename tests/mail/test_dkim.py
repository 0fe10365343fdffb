"""Our signatures hold for an independent verifier and break at every change that matters.

Our verifier agrees with dkimpy, on messages that dkimpy signed and on our own.
"""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

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
from mailflatrate.mail.signing.dkim_verify import DkimStatus, DkimVerdict, KeyUnreachable, verify_signatures

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


OTHER_PEM, _OTHER = generate_key()
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MESSAGE = (
    b"From: Anna <anna@news.example.org>\r\nTo: dora@example.net\r\nSubject:  Bulbs \t and\r\n  seeds\r\n"
    b"X-Note: one\r\nX-Note: two\r\n\r\nDear  Dora, \t\r\n\r\nhello\t you \r\n\r\n\r\n"
)


def der(pem: bytes) -> bytes:
    return base64.b64decode(re.sub(r".*p=", "", public_record(pem)))


def keys(selector: str, domain: str) -> bytes | None:
    return der(PEM) if (selector, domain) == ("s1", "news.example.org") else None


def verdict(message: bytes, at: datetime = NOW) -> DkimVerdict:
    (found,) = verify_signatures(message, keys, at=at)
    return found


def signed_by_dkimpy(form: str, message: bytes = MESSAGE, names: list[bytes] | None = None) -> bytes:
    head, body = form.encode().split(b"/")
    field = dkim.sign(
        message,
        b"s1",
        b"news.example.org",
        PEM,
        canonicalize=(head, body),
        include_headers=names or [b"From", b"To", b"Subject", b"From", b"X-Note", b"X-Note"],
    )
    return bytes(field) + message


def signed_by_us() -> bytes:
    signer = Signer("news.example.org", "s1", PEM)
    fields = [(b"From", b"Brand <news@news.example.org>"), (b"Subject", b"A subject\r\n that is folded")]
    own = [(b"To", b"<dora@example.net>"), (b"Date", b"Tue, 24 Nov 2026 12:00:00 +0000")]
    plan = signer.plan(fields, [name for name, _ in own], timedelta(hours=1))
    body = b"Dear Dora,\r\n\r\nhello.\r\n"
    unsigned = plan.prepare(b"".join(map(canonical, own)), body_hash(body), int(NOW.timestamp()))
    return unsigned.field(unsigned.key.sign(unsigned.digest)) + serialise([*fields, *own]) + b"\r\n" + body


@pytest.mark.parametrize("form", ["simple/simple", "relaxed/simple", "simple/relaxed", "relaxed/relaxed"])
def test_signatures_of_dkimpy_hold_in_every_form(form: str) -> None:
    message = signed_by_dkimpy(form)
    found = verdict(message)
    assert found.passed
    assert (found.domain, found.selector, found.algorithm) == ("news.example.org", "s1", "rsa-sha256")
    assert found.signed_fields == ("from", "to", "subject", "x-note")
    assert verdict(message.replace(b"hello", b"HELLO")).status is DkimStatus.BODY_CHANGED
    assert verdict(message.replace(b"dora@", b"eve@")).status is DkimStatus.HEADER_CHANGED
    assert verdict(message.replace(b"X-Note: one", b"X-Note: six")).status is DkimStatus.HEADER_CHANGED


def test_white_space_matters_to_simple_alone() -> None:
    assert verdict(signed_by_dkimpy("relaxed/relaxed").replace(b"Dear  Dora", b"Dear Dora")).passed
    assert verdict(signed_by_dkimpy("simple/simple").replace(b"Dear  Dora", b"Dear Dora")).status is (
        DkimStatus.BODY_CHANGED
    )
    assert verdict(signed_by_dkimpy("relaxed/simple") + b"\r\n\r\n").passed, "empty lines at the end count nowhere"


@pytest.mark.parametrize("form", ["simple/simple", "relaxed/relaxed"])
@pytest.mark.parametrize("body", [b"", b"\r\n\r\n", b"x", b" \r\n"])
def test_bodies_without_much_in_them(form: str, body: bytes) -> None:
    message = signed_by_dkimpy(form, b"From: a@news.example.org\r\n\r\n" + body, [b"From"])
    assert verdict(message).passed


def test_what_our_composer_signs_holds_and_cannot_be_added_to() -> None:
    message = signed_by_us()
    assert verdict(message).passed
    assert verdict(message.replace(b"\r\n", b"\n")).passed, "a file with bare line feeds is the same message"
    for name in (b"From", b"Subject", b"Reply-To"):
        extra = name + b": Eve <eve@example.com>\r\n"
        assert verdict(extra + message).status is DkimStatus.HEADER_CHANGED
        assert verdict(message.replace(b"\r\n\r\n", b"\r\n" + extra + b"\r\n", 1)).status is DkimStatus.HEADER_CHANGED


def test_a_signature_is_good_until_it_expires() -> None:
    message = signed_by_us()
    assert verdict(message, NOW + timedelta(minutes=59)).passed
    assert verdict(message, NOW + timedelta(minutes=61)).status is DkimStatus.EXPIRED


def test_keys_that_are_not_there_wrong_or_weak() -> None:
    message = signed_by_us()

    def unreachable(selector: str, domain: str) -> bytes | None:
        raise KeyUnreachable(f"{selector}._domainkey.{domain}")

    def judged(finder: object) -> DkimStatus:
        return verify_signatures(message, finder, at=NOW)[0].status  # type: ignore[arg-type]

    assert judged(lambda selector, domain: None) is DkimStatus.KEY_MISSING
    assert judged(unreachable) is DkimStatus.KEY_UNREACHABLE
    assert judged(lambda selector, domain: der(OTHER_PEM)) is DkimStatus.HEADER_CHANGED
    assert judged(lambda selector, domain: b"no key") is DkimStatus.UNSUPPORTED


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"v=1", b"v=2", DkimStatus.MALFORMED),
        (b"a=rsa-sha256", b"a=rsa-sha1", DkimStatus.UNSUPPORTED),
        (b"c=relaxed/relaxed", b"c=loose/relaxed", DkimStatus.UNSUPPORTED),
        (b"from:", b"x-from:", DkimStatus.MALFORMED),
        (b"d=news.example.org", b"d=news.example.org; i=@evil.example", DkimStatus.MALFORMED),
        (b"d=news.example.org", b"d=news.example.org; d=other.example", DkimStatus.MALFORMED),
        (b"d=news.example.org", b"d=news.example.org; l=100000", DkimStatus.MALFORMED),
        (b"d=news.example.org", b"d=other.example", DkimStatus.KEY_MISSING),
        (b" bh=", b" bh=!", DkimStatus.MALFORMED),
    ],
)
def test_what_no_verifier_accepts(old: bytes, new: bytes, status: DkimStatus) -> None:
    message = signed_by_us()
    head, separator, rest = message.partition(b"\r\nFrom:")
    changed = head.replace(old, new) + separator + rest
    assert changed != message
    assert verdict(changed).status is status


def test_several_signatures_are_judged_each_and_none_gives_none() -> None:
    second = signed_by_dkimpy("relaxed/relaxed")
    both = second.replace(b"s=s1", b"s=s2", 1).partition(b"\r\nFrom:")[0] + b"\r\n" + second
    assert [found.status for found in verify_signatures(both, keys, at=NOW)] == [
        DkimStatus.KEY_MISSING,
        DkimStatus.PASS,
    ]
    assert verify_signatures(MESSAGE, keys, at=NOW) == ()
    assert verify_signatures(b"", keys, at=NOW) == ()


def test_the_key_under_test_is_the_published_one() -> None:
    key = serialization.load_der_public_key(der(PEM))
    assert public_record(PEM) == RECORD
    assert key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo) == der(PEM)

"""Parsing addresses: what is one, how long it may be, and its canonical key (R-17, R-19, R-20)."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.address import Address, AddressError, AddressFault, canonical_key, parse, to_a_label, to_u_label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@papierladen.de", Address("anna", "papierladen.de", "anna@papierladen.de")),
        ("Anna.Huber@Papierladen.DE", Address("Anna.Huber", "papierladen.de", "anna.huber@papierladen.de")),
        ("  anna@papierladen.de\r\n", Address("anna", "papierladen.de", "anna@papierladen.de")),
        ("\ufeffanna@papierladen.de\u200b", Address("anna", "papierladen.de", "anna@papierladen.de")),
        ("a+b@c.de", Address("a+b", "c.de", "a+b@c.de")),
        ("o'neill@c.ie", Address("o'neill", "c.ie", "o'neill@c.ie")),
        ("x!#$%&'*+/=?^_`{|}~-@c.de", Address("x!#$%&'*+/=?^_`{|}~-", "c.de", "x!#$%&'*+/=?^_`{|}~-@c.de")),
        ("anna@münchen.de", Address("anna", "xn--mnchen-3ya.de", "anna@xn--mnchen-3ya.de")),
        ("anna@MÜNCHEN.de", Address("anna", "xn--mnchen-3ya.de", "anna@xn--mnchen-3ya.de")),
        ("anna@XN--MNCHEN-3YA.de", Address("anna", "xn--mnchen-3ya.de", "anna@xn--mnchen-3ya.de")),
        ("anna@straße.de", Address("anna", "xn--strae-oqa.de", "anna@xn--strae-oqa.de")),
        ("用户@例子.中国", Address("用户", "xn--fsqu00a.xn--fiqs8s", "用户@xn--fsqu00a.xn--fiqs8s")),
        ("Käthe@papierladen.de", Address("Käthe", "papierladen.de", "käthe@papierladen.de")),
        ("Ka\u0308the@papierladen.de", Address("Käthe", "papierladen.de", "käthe@papierladen.de")),
        ("a@b.museum", Address("a", "b.museum", "a@b.museum")),
        ("1@2.de", Address("1", "2.de", "1@2.de")),
    ],
)
def test_addresses(text: str, expected: Address) -> None:
    assert parse(text) == expected
    assert parse(text).text == f"{expected.local}@{expected.domain}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", AddressFault.EMPTY),
        (" \t ", AddressFault.EMPTY),
        ("anna", AddressFault.NO_AT),
        ("anna@", AddressFault.NO_AT),
        ("@papierladen.de", AddressFault.LOCAL_SYNTAX),
        (".anna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("anna.@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an..na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("anna@huber@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("Anna <anna@papierladen.de>", AddressFault.LOCAL_SYNTAX),
        ("mailto:anna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("anna(comment)@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an\u200bna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an\u202ena@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("\u0301anna@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("an,na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("ä na@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ('"anna huber"@papierladen.de', AddressFault.QUOTED_LOCAL),
        ("anna@[192.0.2.7]", AddressFault.DOMAIN_LITERAL),
        ("anna@[IPv6:2001:db8::1]", AddressFault.DOMAIN_LITERAL),
        ("anna@192.0.2.7", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen..de", AddressFault.DOMAIN_SYNTAX),
        ("anna@.papierladen.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen.de.", AddressFault.DOMAIN_SYNTAX),
        ("anna@-papierladen.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen-.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papier_laden.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen.d", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen.123", AddressFault.DOMAIN_SYNTAX),
        ("anna@papier laden.de", AddressFault.DOMAIN_SYNTAX),
        ("anna@papierladen,de", AddressFault.DOMAIN_SYNTAX),
        ("anna@localhost", AddressFault.NO_DOT),
        ("anna@papierladen", AddressFault.NO_DOT),
        ("anna@😀.de", AddressFault.NOT_IDNA),
        ("anna@xn--zzzzzz.de", AddressFault.NOT_IDNA),
    ],
)
def test_what_is_none(text: str, fault: AddressFault) -> None:
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert caught.value.fault is fault
    assert caught.value.text == text


LABEL = "b" * 60
LONGEST_DOMAIN = ".".join([LABEL, LABEL, LABEL, "c" * 5, "de"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a" * 64 + "@papierladen.de", None),
        ("a" * 65 + "@papierladen.de", AddressFault.LOCAL_TOO_LONG),
        ("ä" * 32 + "@papierladen.de", None),
        ("ä" * 33 + "@papierladen.de", AddressFault.LOCAL_TOO_LONG),
        (("a" * 31 + ".") * 2 + "@papierladen.de", AddressFault.LOCAL_SYNTAX),
        ("a" * 40 + "." + "a" * 40 + "@papierladen.de", AddressFault.LOCAL_TOO_LONG),
        ("anna@" + "b" * 63 + ".de", None),
        ("anna@" + "b" * 64 + ".de", AddressFault.DOMAIN_TOO_LONG),
        ("anna@" + "ü" * 60 + ".de", AddressFault.DOMAIN_TOO_LONG),
        ("a" * (254 - 1 - len(LONGEST_DOMAIN)) + "@" + LONGEST_DOMAIN, None),
        ("a" * (255 - 1 - len(LONGEST_DOMAIN)) + "@" + LONGEST_DOMAIN, AddressFault.ADDRESS_TOO_LONG),
        ("ä" * 31 + "@" + LONGEST_DOMAIN, None),
        ("ä" * 31 + "a@" + LONGEST_DOMAIN, AddressFault.ADDRESS_TOO_LONG),
        ("a@" + ".".join([LABEL] * 4) + ".information", AddressFault.DOMAIN_TOO_LONG),
    ],
)
def test_lengths_count_octets(text: str, fault: AddressFault | None) -> None:
    if fault is None:
        assert len(parse(text).text.encode()) <= 254
    else:
        with pytest.raises(AddressError) as caught:
            parse(text)
        assert caught.value.fault is fault


def test_labels_go_both_ways() -> None:
    assert to_a_label("Zürich.CH") == "xn--zrich-kva.ch"
    assert to_u_label("xn--zrich-kva.ch") == "zürich.ch"
    assert to_u_label("papierladen.de") == "papierladen.de"
    assert to_u_label("xn--zzzzzz.de") == "xn--zzzzzz.de"


def test_only_a_foreign_local_part_needs_smtputf8() -> None:
    assert parse("käthe@papierladen.de").needs_smtputf8
    assert not parse("anna@münchen.de").needs_smtputf8


def test_a_tag_and_a_dot_make_another_mailbox() -> None:
    assert len({canonical_key(text) for text in ("anna@c.de", "anna+x@c.de", "an.na@c.de", "ANNA@c.de")}) == 3


LOCALS = st.from_regex(r"[A-Za-z0-9_+-]{1,12}(\.[A-Za-z0-9_+-]{1,12}){0,3}", fullmatch=True)
DOMAINS = st.from_regex(r"([a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\.){1,3}(de|com|berlin)", fullmatch=True).filter(
    lambda domain: not any(label[2:4] == "--" for label in domain.split("."))
)


@given(LOCALS, DOMAINS, st.text(max_size=64))
def test_the_canonical_key_is_idempotent_and_blind_to_case(local: str, domain: str, noise: str) -> None:
    key = canonical_key(f"{local}@{domain}")
    assert canonical_key(key) == key
    assert canonical_key(f"{local.upper()}@{domain.upper()}") == key
    try:
        strange = canonical_key(f"{noise}@{domain}")
    except AddressError:
        return
    assert canonical_key(strange) == strange


@given(LOCALS, DOMAINS)
def test_an_independent_validator_agrees(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    try:
        other = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        with pytest.raises(AddressError):
            parse(text)
        return
    assert parse(text).domain == other.ascii_domain
    assert parse(text).local == other.local_part


@given(st.text(max_size=100))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        address = parse(text)
    except AddressError:
        return
    assert address.domain.isascii()
    assert len(address.text.encode()) <= 254
    assert parse(address.text) == address

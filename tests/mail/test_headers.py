"""What we write into a header is what Python's own parser reads out of it, and nothing else gets in."""

import email
import email.policy
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailflatrate.mail.headers import (
    HeaderError,
    address_octets,
    canonical,
    check_folded,
    mailbox,
    one_line,
    phrase_and_id,
    serialise,
    structured,
    unstructured,
)

EMOJI_FAMILY = "👨‍👩‍👧‍👦"
SAMPLES = [
    "Grüße aus Köln",
    "新しいお知らせ " * 12,
    "مرحبا بالعالم",
    EMOJI_FAMILY * 9,
    "naïve café " * 20,
    "=?utf-8?q?x?=",
]

# Everything allowed in a header: no controls, no surrogates, no line separators.
header_text = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200) | st.text(
    st.sampled_from('ab =?_"\\(),.<>@ é😀'), max_size=120
)


def read(block: bytes) -> EmailMessage:
    message = email.message_from_bytes(block + b"\r\n", policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def well_formed(name: str, value: bytes) -> None:
    lines = f"{name}: ".encode() + value
    for line in lines.split(b"\r\n"):
        assert len(line) <= 78 or b"=?" not in line
        assert len(line) <= 998
        for word in line.split(b" "):
            if word.startswith(b"=?") and word.endswith(b"?="):
                assert len(word) <= 75
    check_folded(value)


@given(header_text)
@example("")
@example(" leading and trailing ")
@example("double  space")
@example("x" * 400)
@example("word " * 60)
def test_a_subject_reads_back_as_it_was_written(text: str) -> None:
    value = unstructured("Subject", text)
    well_formed("Subject", value)
    assert value.isascii()
    message = read(serialise([(b"Subject", value)]))
    assert message["Subject"] == text
    assert message["Subject"].defects == ()


@pytest.mark.parametrize("text", SAMPLES)
def test_real_scripts(text: str) -> None:
    assert read(serialise([(b"Subject", unstructured("Subject", text))]))["Subject"] == text


@pytest.mark.parametrize("text", SAMPLES)
def test_every_encoded_word_holds_whole_characters(text: str) -> None:
    for word in unstructured("Subject", text).split():
        message = read(b"Subject: " + word + b"\r\n")
        assert "\ufffd" not in message["Subject"]
        assert message["Subject"].defects == ()


@given(header_text)
@example("Anna, Inc.")
@example('The "Brand" \\ Co.')
@example("x" * 100)
@example("(comment)")
def test_a_display_name_reads_back_as_it_was_written(name: str) -> None:
    value = mailbox("From", "news@news.example.org", name)
    well_formed("From", value)
    header = read(serialise([(b"From", value)]))["From"]
    assert isinstance(header, AddressHeader)
    assert len(header.addresses) == 1
    assert header.addresses[0].addr_spec == "news@news.example.org"
    if b"=?utf-8?" in value:
        # Python's address parser changes white space within and between encoded words (RFC 2047 6.2); the
        # older reader of the same library does not.
        phrase = value.removesuffix(b"<news@news.example.org>").strip().decode("ascii")
        assert str(make_header(decode_header(phrase))) == name
    else:
        assert header.addresses[0].display_name == name


@given(header_text)
def test_a_list_id_keeps_phrase_and_id_apart(phrase: str) -> None:
    value = phrase_and_id("List-Id", phrase, "12.7.list.example.net")
    well_formed("List-Id", value)
    assert value.endswith(b"<12.7.list.example.net>")
    assert value.count(b"<") - value.count(b'\\"') <= phrase.count("<") + 1


@pytest.mark.parametrize(
    "text", ["a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\0b", "a\x7f", "a\x85b", "a\u2028b", "\ud800"]
)
def test_injection_is_refused_everywhere(text: str) -> None:
    with pytest.raises(HeaderError):
        unstructured("Subject", text)
    with pytest.raises(HeaderError):
        mailbox("From", "news@example.org", text)
    with pytest.raises(HeaderError):
        phrase_and_id("List-Id", text, "12.list.example.net")
    with pytest.raises(HeaderError):
        structured(text)
    with pytest.raises(HeaderError):
        address_octets(f"{text}@example.org")
    assert unstructured("Subject", one_line(text))


@given(st.text())
def test_one_line_makes_any_recipient_data_fit(text: str) -> None:
    cleaned = one_line(text)
    assert read(serialise([(b"Subject", unstructured("Subject", cleaned))]))["Subject"] == cleaned


@pytest.mark.parametrize(
    "address",
    [
        "",
        "dora",
        "@example.org",
        "dora@",
        "dora@x y",
        "do ra@example.org",
        "dora@a@b",
        "<dora@example.org>",
        "a..b@x.org",
        ".a@x.org",
        "a,b@x.org",
        f"{'a' * 250}@x.org",
        "dora@example.org\r\nRCPT TO:<eve@example.com>",
        "dora@exa\u2028mple.org",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(HeaderError):
        address_octets(address)


def test_international_addresses() -> None:
    assert address_octets("dora@müller.example") == b"dora@xn--mller-kva.example"
    assert address_octets("dörte@müller.example") == "dörte@xn--mller-kva.example".encode()
    value = mailbox("To", "dörte@example.org", "Dörte")
    assert not value.isascii()


def test_no_field_stands_twice() -> None:
    with pytest.raises(HeaderError, match="twice"):
        serialise([(b"From", b"a@example.org"), (b"from", b"b@example.org")])


@pytest.mark.parametrize("name", [b"", b"Sub ject", b"Subject:", b"Subject\r\nBcc"])
def test_a_field_needs_a_proper_name(name: bytes) -> None:
    with pytest.raises(HeaderError):
        serialise([(name, b"x")])


@pytest.mark.parametrize("value", [b"", b"a\r\nb", b"a\r\n", b"a\r\n \r\n b", b"a\nb", b"a\0", b"x" * 999])
def test_a_torn_value_is_refused(value: bytes) -> None:
    with pytest.raises(HeaderError, match="torn"):
        serialise([(b"Subject", value)])


def test_relaxed_canonical_form() -> None:
    assert canonical((b"SubJect", b" a \r\n\t b  c ")) == b"subject:a b c\r\n"

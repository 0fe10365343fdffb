"""A mail that Outlook saved as .msg, written here by the book ([MS-CFB], [MS-OXMSG]), is read like the mail itself.

A winmail.dat, written here by the book ([MS-OXTNEF]), gives the mails that were attached to it.
"""

from base64 import b64encode
from struct import pack

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.mailing_id import new_mailing_id
from mailflatrate.mail.inspect import inspect_message
from mailflatrate.mail.reading.outlook import is_outlook, outlook_message
from mailflatrate.mail.reading.tnef import is_tnef, mails_in_tnef
from mailflatrate.mail.reading.values import ReturnedMessageKind
from outlook_file import compound, saved

HEADER = (
    "Received: from mx\r\n by here\r\nFrom: Lindenhof <news@lindenhof.example>\r\nTo: dora@people.example\r\n"
    "Subject: Winter bulbs\r\nX-Mailing-ID: {}\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative;\r\n boundary="=_x"\r\n'
)


def test_header_and_text_are_read() -> None:
    raw = outlook_message(saved(HEADER.format("4K7Q-92XD-8"), "Grüße. " * 20))
    assert raw is not None
    text = raw.decode()
    assert text.startswith("Received: from mx\n by here\nFrom: Lindenhof <news@lindenhof.example>\n")
    assert "multipart" not in text
    assert text.count("Grüße.") == 20


def test_a_long_mail_lies_in_whole_sectors() -> None:
    raw = outlook_message(saved(HEADER.format("x"), "bulbs " * 3000))
    assert raw is not None
    assert raw.count(b"bulbs ") == 3000


def test_the_mailing_is_found_in_it() -> None:
    mailing_id = new_mailing_id()
    raw = outlook_message(saved(HEADER.format(mailing_id), "Hello"))
    assert raw is not None
    assert inspect_message(raw).mailing_id == mailing_id


def test_other_files_are_none() -> None:
    assert not is_outlook(b"From: x\n\n")
    assert outlook_message(b"From: x\n\n") is None
    assert outlook_message(compound({"__properties_version1.0": b"\0" * 32})) is None


@settings(max_examples=300, deadline=1000)
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=12), st.integers(0, 6000))
def test_a_broken_file_never_raises(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(saved(HEADER.format("4K7Q-92XD-8"), "Hello " * 100))
    for at, octet in changes:
        if at < len(data) and at >= 8:
            data[at] = octet
    outlook_message(bytes(data[:length]))
    outlook_message(bytes(data))


def test_it_is_read_where_it_is_attached_to_a_mail() -> None:
    mailing_id = new_mailing_id()
    file = b64encode(saved(HEADER.format(mailing_id), "Hello")).decode()
    seen = inspect_message(
        "From: dora@people.example\nTo: abuse@flat.example\nSubject: Spam\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the attachment.\n"
        '--b\nContent-Type: application/vnd.ms-outlook; name="Winter bulbs.msg"\nContent-Transfer-Encoding: base64\n\n'
        f"{file}\n--b--\n".encode()
    )
    assert (seen.kind, seen.mailing_id) == (ReturnedMessageKind.COMPLAINT, mailing_id)
    assert seen.original is not None
    assert (seen.original.sender, seen.original.how) == ("Lindenhof <news@lindenhof.example>", "attached")


def stream(*attributes: tuple[int, bytes]) -> bytes:
    whole = b"\x78\x9f\x3e\x22\x01\x00"
    for kind, value in attributes:
        whole += pack("<BII", 1, kind, len(value)) + value + pack("<H", sum(value) & 0xFFFF)
    return whole


def variable(kind: int, name: int, value: bytes) -> bytes:
    return pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def embedded(header: str, text: str) -> bytes:
    """A mail as Outlook attaches it: beside a number, a named property and one of several values."""
    named = pack("<HH", 0x001F, 0x8001) + b"\1" * 16 + pack("<II", 1, 6) + "ab\0".encode("utf-16-le") + b"\0\0"
    named += pack("<II", 1, 4) + "x\0".encode("utf-16-le")
    many = pack("<HHI", 0x1003, 0x6666, 2) + pack("<II", 7, 8)
    properties = [
        pack("<HHI", 0x0003, 0x0E07, 5),
        named,
        many,
        variable(0x001F, 0x007D, f"{header}\0".encode("utf-16-le")),
        variable(0x001E, 0x1000, f"{text}\0".encode()),
    ]
    return stream((0x00089006, b"\0\0\1\0"), (0x00069003, pack("<I", len(properties)) + b"".join(properties)))


def winmail(inner: bytes) -> bytes:
    held = variable(0x000D, 0x3701, b"\7" * 16 + inner)
    return stream((0x00069002, b"\0" * 14), (0x00069005, pack("<I", 1) + held))


def sent(file: bytes, kind: str = "application/ms-tnef") -> bytes:
    return (
        "From: dora@people.example\nTo: abuse@flat.example\nSubject: WG: Winter bulbs\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the attachment.\n"
        f'--b\nContent-Type: {kind}; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\n'
        f"{b64encode(file).decode()}\n--b--\n"
    ).encode()


def test_the_attached_mail_is_the_original() -> None:
    mailing_id = new_mailing_id()
    for kind in ("application/ms-tnef", "application/octet-stream"):
        seen = inspect_message(sent(winmail(embedded(HEADER.format(mailing_id), "Hello")), kind))
        assert (seen.kind, seen.mailing_id) == (ReturnedMessageKind.COMPLAINT, mailing_id)
        assert seen.original is not None
        assert (seen.original.sender, seen.original.subject) == (
            "Lindenhof <news@lindenhof.example>",
            "Winter bulbs",
        )


def test_a_mail_within_a_mail_and_a_file_that_is_one_are_found() -> None:
    first, second = HEADER.format("4K7Q-92XD-E"), HEADER.format("x").replace("Winter", "Summer")
    outer = embedded(first, "outer") + winmail(embedded(second, "inner"))[6:]
    mails = list(mails_in_tnef(winmail(outer)))
    assert [b"Winter" in mail for mail in mails] == [True, False]
    assert list(mails_in_tnef(stream((0x0006800F, b"From: x@y.example\nSubject: z\n\n")))) == [
        b"From: x@y.example\nSubject: z\n\n"
    ]


def test_without_a_mail_in_it_nothing_is_found() -> None:
    assert not is_tnef(b"From: x\n\n")
    assert inspect_message(sent(stream((0x0006800F, b"\x89PNG\r\n")))).original is None
    assert inspect_message(sent(b"\x78\x9f\x3e\x22")).original is None


@settings(max_examples=300, deadline=1000)
@given(st.lists(st.tuples(st.integers(4, 600), st.integers(0, 255)), max_size=12), st.integers(0, 700))
def test_a_broken_attachment_never_raises(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(winmail(embedded(HEADER.format("4K7Q-92XD-E"), "Hello " * 20)))
    for at, octet in changes:
        if at < len(data):
            data[at] = octet
    for broken in (bytes(data), bytes(data[:length])):
        list(mails_in_tnef(broken))
        assert inspect_message(sent(broken)).error is None

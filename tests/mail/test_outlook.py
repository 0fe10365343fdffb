"""A mail that Outlook saved as .msg, written here by the book ([MS-CFB], [MS-OXMSG]), is read like the mail itself."""

from base64 import b64encode

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.mailing_id import new_mailing_id
from mailflatrate.mail.inspect import inspect_message
from mailflatrate.mail.reading.outlook import is_outlook, outlook_message
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

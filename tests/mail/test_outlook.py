"""A mail that Outlook saved as .msg, written here by the book ([MS-CFB], [MS-OXMSG]), is read like the mail itself."""

from base64 import b64encode
from struct import pack

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.mail.inspect import inspect_message
from mailflatrate.mail.mailing_id import new_mailing_id
from mailflatrate.mail.reading.outlook import is_outlook, outlook_message
from mailflatrate.mail.reading.values import Kind

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
HEADER = (
    "Received: from mx\r\n by here\r\nFrom: Lindenhof <news@lindenhof.example>\r\nTo: dora@people.example\r\n"
    "Subject: Winter bulbs\r\nX-Mailing-ID: {}\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative;\r\n boundary="=_x"\r\n'
)


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file with 512-octet sectors; streams below 4,096 octets lie in the small container."""
    small = b"".join(content + b"\0" * (-len(content) % 64) for content in streams.values() if len(content) < 4096)
    large = [content + b"\0" * (-len(content) % 512) for content in streams.values() if len(content) >= 4096]
    entry_count = 1 + len(streams)
    directory_sectors = -(-entry_count // 4)
    container_sectors = -(-len(small) // 512)
    fat: list[int] = [FAT]

    def chain(sectors: int) -> int:
        first = len(fat)
        fat.extend([*range(first + 1, first + sectors), END] if sectors else [])
        return first if sectors else END

    directory_at, small_fat_at, container_at = chain(directory_sectors), chain(1), chain(container_sectors)
    large_at = [chain(len(content) // 512) for content in large]
    small_fat, entries = [], []
    for name, content in streams.items():
        if len(content) < 4096:
            start, sectors = len(small_fat), -(-len(content) // 64)
            small_fat += [*range(start + 1, start + sectors), END]
        else:
            start = large_at.pop(0)
        right = len(entries) + 2 if len(entries) + 1 < len(streams) else FREE
        entries.append(entry(name, 2, start, len(content), right=right))
    root = entry("Root Entry", 5, container_at, len(small), child=1)
    directory = b"".join([root, *entries]).ljust(directory_sectors * 512, b"\0")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += pack("<IIIIIIIIII", 0, 1, directory_at, 0, 4096, small_fat_at, 1, END, 0, 0)[:40]
    head += pack("<108I", *[FREE] * 108)
    body = pack("<128I", *fat, *[FREE] * (128 - len(fat))) + directory
    body += pack("<128I", *small_fat, *[FREE] * (128 - len(small_fat)))
    return head + body + small.ljust(container_sectors * 512, b"\0") + b"".join(
        content + b"\0" * (-len(content) % 512) for content in streams.values() if len(content) >= 4096
    )  # fmt: skip


def entry(name: str, kind: int, start: int, size: int, child: int = FREE, right: int = FREE) -> bytes:
    """A directory entry."""
    text = name.encode("utf-16-le")
    links = pack("<BBIII", kind, 1, FREE, right, child)
    return text.ljust(64, b"\0") + pack("<H", len(text) + 2) + links + b"\0" * 36 + pack("<IQ", start, size)


def saved(header: str, text: str) -> bytes:
    """What Outlook keeps of a mail."""
    streams = {"__substg1.0_007D001F": header.encode("utf-16-le"), "__properties_version1.0": b"\0" * 32}
    streams["__substg1.0_1000001F"] = text.encode("utf-16-le")
    return compound(streams)


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
    assert (seen.kind, seen.mailing_id) == (Kind.COMPLAINT, mailing_id)
    assert seen.original is not None
    assert (seen.original.sender, seen.original.how) == ("Lindenhof <news@lindenhof.example>", "attached")

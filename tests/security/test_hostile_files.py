"""Workbooks, pictures and packed reports that are small on disk and large in memory; a listener that is asked for much.

Each is refused with a reason, by a child process that may use 1.9 s of processor time and far less than 300 MB.
"""

import asyncio
import gzip
import io
import resource
import smtplib  # noqa: TID251  the listener is asked by a client that is not ours
import string
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from struct import pack

import pytest
from django.db import connections
from PIL import Image

from mailflatrate.apps.inbound import intake
from mailflatrate.apps.inbound.actions.process_batch import read_mail
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.apps.intake.actions.imports import read_head
from mailflatrate.apps.intake.image_uploads import clean_picture
from mailflatrate.apps.intake.reading.file_tables import open_table
from mailflatrate.apps.lists.errors import ImportProblem, ListError
from mailflatrate.base import child, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.smtpd.connection_limits import CountedSMTP, Visitors
from mailflatrate.entrypoints.smtpd.listeners import MOST_RECIPIENTS, InboundHandler, Spool
from mailflatrate.mail.images.picture_values import PictureRefused, Refusal
from mailflatrate.mail.inspect import inspect_message
from mailflatrate.mail.reading.aggregate import read_aggregates
from mailflatrate.mail.reading.mime import parse
from support.returned_mail import SentCampaign, desk, plain, sent_campaign, stored
from support.waiting import wait_until

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'


def workbook(rows: str, *, before: str = "", strings: str = "") -> bytes:
    relation = (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/%s" Target="%s"/>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"/>')
        archive.writestr("_rels/.rels", relation % ("officeDocument", "xl/workbook.xml") + "</Relationships>")
        sheets = '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{sheets}</workbook>')
        rels = relation % ("worksheet", "worksheets/sheet1.xml") + "</Relationships>"
        archive.writestr("xl/_rels/workbook.xml.rels", rels)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
        sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", before + sheet)
    return out.getvalue()


def cell(place: str, row: int) -> str:
    return f'<row r="{row}"><c r="{place}"><v>1</v></c></row>'


def many_strings(count: int) -> bytes:
    """A file of shared strings that unpacks to much."""
    return workbook('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings="<sst>" + "<si><t>x</t></si>" * count)


def lies_about_its_size() -> bytes:
    """200 MB of blanks, of which the directory of the archive says that they are ten octets."""
    made = bytearray(workbook(HEAD + " " * 300_000_000))
    at = made.rfind(b"PK\x01\x02")
    made[at + 24 : at + 28] = pack("<I", 10)
    return bytes(made)


WORKBOOKS: dict[str, Callable[[], bytes]] = {
    "the last cell": lambda: workbook(HEAD + cell("XFD1048576", 1_048_576)),
    "the last cell, in quotes of the other kind": lambda: workbook(
        HEAD + cell("XFD1048576", 1_048_576).replace('"', "'")
    ),
    "the last cell, behind other attributes": lambda: workbook(
        HEAD + '<row r="1048576"><c s="0"\n t="n"\n r = "XFD1048576"><v>1</v></c></row>'
    ),
    "the last cell, as an entity": lambda: workbook(HEAD + '<row r="1048576"><c r="&#88;FD1048576"><v>1</v></c></row>'),
    "a middle one": lambda: workbook(HEAD + cell("ZZ30000", 30_000)),
    "just above the limit": lambda: workbook(HEAD + cell("AD70000", 70_000)),
    "blanks": lambda: workbook(HEAD + " " * 300_000_000),
    "a size that lies": lies_about_its_size,
    "strings": lambda: many_strings(6_000_000),
    "entities": lambda: workbook(
        HEAD.replace("email", "&d;"),
        before='<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY d "&b;&b;&b;">]>',
    ),
    "no workbook": lambda: b"PK\x03\x04" + bytes(2000),
    "an old one in a circle": lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(18) + pack("<HHHHH", 62, 3, 65534, 9, 6)
    + bytes(6) + pack("<10I", 0, 1, 0, 0, 4096, 0, 1, 0, 1, 0) + pack("<108I", *[0] * 108) + bytes(2048),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_is_refused_and_nothing_grows(name: str, tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(WORKBOOKS[name]())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImportProblem):
        open_table(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000, "kB in this process"


def test_an_honest_workbook_of_the_usual_size_is_read(tmp_path: Path) -> None:
    """20,000 people with ten columns; broken off half-way, it leaves no process behind."""
    columns = string.ascii_uppercase[:10]
    rows = "".join(
        f'<row r="{row}">' + "".join(f'<c r="{column}{row}"><v>{row}</v></c>' for column in columns) + "</row>"
        for row in range(2, 20_002)
    )
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook(HEAD + rows))
    table = open_table(path)
    assert table.header[:1] == ["email"]
    seen = list(table.rows())
    assert (len(seen), seen[-1][0]) == (20_000, 20_001)
    half = open_table(path).rows()
    next(half)
    del half


def test_a_workbook_is_decoded_once_while_someone_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles, columns, first rows and questions come from one reading, also of a workbook that has more rows."""
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>p{row}@people.example</t></is></c>'
        f'<c r="B{row}" t="inlineStr"><is><t>01/02/2026</t></is></c></row>'
        for row in range(2, 5_002)
    )
    title = HEAD.replace("</row>", '<c r="B1" t="inlineStr"><is><t>Signed up at</t></is></c></row>')
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook(title + rows))
    readings: list[str] = []
    for way in ("call", "call_once", "stream"):
        asked = getattr(child, way)
        monkeypatch.setattr(child, way, lambda *given, asked=asked: [readings.append(given[0]), asked(*given)][1])
    head = read_head(path)
    assert (head.header, len(head.rows)) == (["email", "Signed up at"], 10)
    assert readings == ["table.preview"]
    table = open_table(path)
    assert [line for line, _cells, _fault in table.rows()] == list(range(2, 5_002))


def test_a_text_table_whose_lines_all_leave_a_quote_open_is_read_once(tmp_path: Path) -> None:
    """Each line is a broken row of its own, and the first good one after some is found."""
    path = tmp_path / "people.csv"
    path.write_text("email,name\r\n" + 'a",""",b\r\n' * 20_000 + "dora@people.example,Dora\r\n")
    begin = time.process_time()
    table = open_table(path)
    rows = list(table.rows())
    assert time.process_time() - begin < 5
    assert (len(rows), rows[-1][1]) == (20_001, ["dora@people.example", "Dora"])
    path.write_text('a",""",b\r\n' * 50_000)
    begin = time.process_time()
    with pytest.raises(ImportProblem):
        open_table(path)
    assert time.process_time() - begin < 0.5


def png(width: int, height: int, lines: int | None = None) -> bytes:
    """A PNG of a few kilobytes that says it has so many pixels, and has them, or only some of its lines."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    packer = zlib.compressobj(9)
    line = bytes(1 + width * 4)
    pixels = b"".join(packer.compress(line) for _ in range(lines or height)) + packer.flush()
    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def animation(frames: int, side: int) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("P", (side, side), number % 250) for number in range(frames)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def bitmap(kind: str, side: int) -> bytes:
    """A flat picture in another format."""
    out = io.BytesIO()
    Image.new("RGB", (side, side)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: png(6300, 6300), Refusal.TOO_MANY_PIXELS),
        (lambda: png(60_000, 1000), Refusal.TOO_MANY_PIXELS),
        (lambda: png(65_000, 65_000, lines=200)[:60] + bytes(400), Refusal.BROKEN),
        (lambda: bitmap("WEBP", 4300), Refusal.TOO_MANY_PIXELS),
        (lambda: bitmap("TIFF", 5000)[:100_000], Refusal.NO_PICTURE),
        (lambda: animation(80, 700), Refusal.LONG_ANIMATION),
    ],
)
def test_a_picture_is_judged_by_its_header(make: Callable[[], bytes], reason: Refusal) -> None:
    data = make()
    for name in ("picture.set", "picture.still"):
        try:
            child.call(name, data)
        except PictureRefused as refused:
            assert refused.reason in (reason, Refusal.TOO_MANY_PIXELS, Refusal.BROKEN)
        else:
            assert (name, reason) == ("picture.still", Refusal.LONG_ANIMATION), "its first frame is no animation"


def test_the_largest_picture_that_is_taken_stays_below_300_megabytes() -> None:
    found = child.call("picture.set", png(4000, 4000))
    assert (found.whole.width, found.whole.height) == (2400, 2400)
    with pytest.raises(ListError, match="too many pixels"):
        clean_picture(png(5000, 5000))


def with_report(data: bytes, kind: str) -> bytes:
    head = f"From: dmarc@provider.example\nContent-Type: {kind}\n\n"
    return head.encode() + data


def zip_of(content: bytes, count: int = 1) -> bytes:
    """An archive with so many times the same file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(count):
            archive.writestr(f"{number}.xml", content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (gzip.compress(b"<feedback>" + b" " * 200_000_000), "application/gzip"),
        (zip_of(b"<feedback>" + b" " * 200_000_000), "application/zip"),
        (zip_of(b"<feedback/>", 20_000), "application/zip"),
        (gzip.compress(b'<!DOCTYPE x [<!ENTITY a "a">]><feedback>&a;</feedback>'), "application/gzip"),
        (gzip.compress(b"<a>" * 2_000_000), "application/gzip"),
        (gzip.compress(b'{"a":' * 1_000_000), "application/gzip"),
    ],
    ids=["gzip", "zip", "many files", "entity", "deep XML", "deep JSON"],
)
def test_a_packed_report_unpacks_only_so_far(data: bytes, kind: str) -> None:
    begin = time.process_time()
    assert read_aggregates(parse(with_report(data, kind))) == []
    assert time.process_time() - begin < 1.5


def nested(depth: int, leaf: bytes) -> bytes:
    for level in range(depth):
        head = f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n".encode()
        leaf = head + leaf + f"\n--b{level}--\n".encode()
    return leaf


def carried(depth: int, leaf: bytes) -> bytes:
    for level in range(depth):
        fields = f"From: a{level}@b.example\nTo: c@d.example\nSubject: x\n"
        head = f"{fields}Content-Type: multipart/mixed; boundary=c{level}\n\n"
        part = f"--c{level}\nContent-Type: message/rfc822\n\n"
        leaf = (head + part).encode() + leaf + f"\n--c{level}--\n".encode()
    return leaf


GROWING: dict[str, Callable[[int], bytes]] = {
    "nested multiparts": lambda size: nested(size // 60, b"x"),
    "carried mails": lambda size: carried(size // 140, b"From: a@b.example\nTo: c@d.example\n\nx"),
    "parts": lambda size: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nA: b\n\nx\n" * (size // 13),
    "open boundaries": lambda size: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bb\n" * (size // 5),
    "fields": lambda size: b"a: b\n" * (size // 5),
    "a folded field": lambda size: b"From: " + b"a\n b" * (size // 4),
    "encoded words": lambda size: b"Subject: " + b"=?utf-8?q?a?= " * (size // 14),
    "half encoded words": lambda size: b"Subject: " + b"=?a?q?" * (size // 6),
    "a subject of marks": lambda size: b"Subject: " + b"(" * size,
    "a subject of blanks": lambda size: b"Subject: x" + b"\n " * (size // 2),
    "a quote without end": lambda size: b"From: a@b.example\n\n" + b"> " * (size // 2),
    "tags without end": lambda size: b"Content-Type: text/html\n\n" + b"<a " * (size // 3),
    "announced fields": lambda size: b"From: a@b.example\n\n" + b"-----\nx-a: b\n" * (size // 14),
    "parameters": lambda size: b"Content-Type: multipart/mixed" + b"; a=b" * (size // 5),
}


@pytest.mark.parametrize("name", GROWING)
def test_reading_a_mail_grows_with_its_size(name: str) -> None:
    """Four times the size takes about four times as long; the best of three, because the machine is shared."""
    small, large = (GROWING[name](size) for size in (100_000, 400_000))
    most = max(10 * min(_seconds_for(small) for _ in range(3)), 0.2)
    assert any(_seconds_for(large) < most for _ in range(3))


def _seconds_for(raw: bytes) -> float:
    begin = time.process_time()
    inspect_message(raw)
    return time.process_time() - begin


@pytest.fixture(scope="module")
def case(database: str) -> SentCampaign:
    assert database
    return sent_campaign(people=60)


class Listener:
    """The real listener on a port of its own, in a thread with a loop of its own."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        spool = Spool(intake.store)
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(1))
        server = await self._loop.create_server(
            lambda: CountedSMTP(InboundHandler("smtp", spool), self._visitors, hostname="x.example"), "127.0.0.1", 0
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        await asyncio.to_thread(connections.close_all)
        await self._loop.run_in_executor(spool._thread, connections.close_all)
        await spool.close()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


@pytest.fixture
def listener(case: SentCampaign) -> Iterator[Listener]:
    """With room for three connections from one peer."""
    one = Listener(Visitors("", most=5, most_from_one=3))
    yield one
    one.end()


def test_a_message_is_stored_once_however_often_its_recipient_is_named(case: SentCampaign, listener: Listener) -> None:
    address, spelled = desk(), desk().upper()
    with smtplib.SMTP("127.0.0.1", listener.port) as client:
        client.sendmail(
            "sixty@attacker.example", [address, spelled] * 30, plain("sixty@attacker.example", address, "x", "y")
        )
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert RawMail.objects.filter(envelope_from="sixty@attacker.example").count() == 1


def test_a_message_to_many_is_kept_once_and_counts_for_each(case: SentCampaign, listener: Listener) -> None:
    """Beyond fifty the sender is asked to come again; the content lies in one row only."""
    raw = case.bounce("5.1.1", "User unknown", 0)
    addresses = [case.bounce_address(number) for number in range(55)]
    with smtplib.SMTP("127.0.0.1", listener.port) as client:
        client.ehlo()
        client.mail("")
        codes = [client.rcpt(address)[0] for address in addresses]
        assert codes == [250] * MOST_RECIPIENTS + [452] * 5
        assert client.data(raw)[0] == 250
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        rows = list(RawMail.objects.filter(envelope_to__in=addresses, state="new").order_by("id"))
        assert (len(rows), sum(bool(bytes(row.raw)) for row in rows)) == (MOST_RECIPIENTS, 1)
        assert {row.content() for row in rows} == {rows[0].content()}
    for row in rows[:3]:
        read_mail(row.id)
        assert stored(row.id).state == "handled"
    assert case.feedback(2) == ["hard_bounce"]


def test_one_peer_has_only_so_many_connections(listener: Listener) -> None:
    open_ones = [smtplib.SMTP("127.0.0.1", listener.port) for _ in range(3)]
    with pytest.raises(smtplib.SMTPConnectError, match="421"):
        smtplib.SMTP("127.0.0.1", listener.port)
    open_ones.pop().quit()

    def connected() -> smtplib.SMTP | None:
        with suppress(smtplib.SMTPConnectError):
            return smtplib.SMTP("127.0.0.1", listener.port)
        return None

    opened = wait_until(connected, "a place for another connection")
    assert opened is not None
    open_ones.append(opened)
    for one in open_ones:
        one.quit()


def test_our_own_relay_is_held_to_the_sum_alone() -> None:
    visitors = Visitors("10.0.0.0/8", most=5, most_from_one=2)
    assert [visitors.enter("10.1.2.3") for _ in range(6)] == [True] * 5 + [False]
    visitors.leave("10.1.2.3")
    assert visitors.enter("203.0.113.7")

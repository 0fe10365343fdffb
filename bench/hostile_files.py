"""Hostile files by class for `hostile.py`: mail, tables and pictures. Makers are called right before their case."""

from __future__ import annotations

import base64
import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping

NOBODY, END = 0xFFFFFFFF, 0xFFFFFFFE
MB = 1_000_000
Makers = Mapping[str, Callable[[], bytes]]


def repeated(text: str | bytes, size: int) -> bytes:
    """A text again and again, up to `size` octets."""
    piece = text.encode() if isinstance(text, str) else text
    return piece * (size // len(piece))


def compound(entries: Iterable[bytes], links: Callable[[int], list[int]] | None = None) -> bytes:
    """A compound file of a directory alone; `links` writes the allocation table of that many sectors."""
    directory = b"".join(entries)
    sectors = -(-len(directory) // 512)
    tables = 1
    while tables * 128 < sectors + tables:
        tables += 1
    chain = [0xFFFFFFFD] * tables + [tables + number + 1 for number in range(sectors - 1)] + [END]
    chain = links(tables * 128) if links else chain + [NOBODY] * (tables * 128 - len(chain))
    head = bytearray(512)
    head[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<9I", head, 44, tables, tables, 0, 4096, END, 0, END, 0, 0)
    struct.pack_into("<109I", head, 76, *[number if number < tables else NOBODY for number in range(109)])
    return bytes(head) + struct.pack(f"<{tables * 128}I", *chain) + directory.ljust(sectors * 512, b"\0")


def entry(name: str, kind: int, left: int = NOBODY, right: int = NOBODY, child: int = NOBODY, size: int = 0) -> bytes:
    """One entry of a compound file's directory."""
    title = name.encode("utf-16le") + b"\0\0"
    found = bytearray(128)
    found[: len(title)] = title
    struct.pack_into("<HBB3I", found, 64, len(title), kind, 1, left, right, child)
    struct.pack_into("<IQ", found, 116, 1 if size else END, size)
    return bytes(found)


def deep_outlook(count: int) -> bytes:
    """Messages attached to messages."""
    names = ("__attach_version1.0_#{:08X}", "__substg1.0_3701000D")
    inner = [entry(names[at % 2].format(at), 1, child=at + 1 if at + 1 < count else NOBODY) for at in range(1, count)]
    return compound([entry("Root Entry", 5, child=1), *inner])


def circling_outlook() -> bytes:
    """Sectors and siblings that lead back to where they came from."""
    entries = [
        entry("Root Entry", 5, child=1, size=1 << 31),
        entry("__substg1.0_0037001F", 2, 2, 3, size=1 << 30),
        entry("__attach_version1.0_#00000000", 1, 1, 1, 1),
        entry("__recip_version1.0_#00000000", 1, 0, 0, 0),
    ]
    return compound(entries, lambda count: [0xFFFFFFFD, *(1 + (at % 2) for at in range(count - 1))])


def tnef(body: bytes) -> bytes:
    """A winmail.dat."""
    return struct.pack("<IH", 0x223E9F78, 1) + body


def tnef_properties(properties: bytes, count: int) -> bytes:
    """A winmail.dat with MAPI properties."""
    body = struct.pack("<I", count) + properties
    return tnef(b"\x01" + struct.pack("<II", 0x00069003, len(body)) + body + b"\0\0")


OUTLOOK: Makers = {
    "circle.msg": circling_outlook,
    "deep.msg": lambda: deep_outlook(30_000),
    "random.msg": lambda: bytes.fromhex("d0cf11e0a1b11ae1") + random.Random(1).randbytes(2 * MB),
    "wide.msg": lambda: compound(
        [
            entry("Root Entry", 5, child=1),
            *(entry(f"__attach_version1.0_#{at:08X}", 1, right=at + 1, size=4096) for at in range(1, 36_000)),
        ]
    ),
    "many.winmail.dat": lambda: tnef((b"\x02" + struct.pack("<IIH", 0x00069002, 0, 0)) * 400_000),
    "length.winmail.dat": lambda: tnef(b"\x02" + struct.pack("<II", 0x0006800F, 0xFFFFFFF0) + b"A" * 1000),
    "properties.winmail.dat": lambda: tnef_properties(
        (struct.pack("<HHI", 0x101E, 0x1000, 0x7FFFFFFF)) * 500_000, 0x7FFFFFFF
    ),
    "rtf.winmail.dat": lambda: tnef_properties(
        struct.pack("<HHIIIIII", 0x0102, 0x1009, 1, 4 * MB, 1000, 0x7FFFFFFF, 0x75465A4C, 0) + b"\xff" * 4 * MB, 1
    ),
}


def attached(name: str, data: bytes, kind: str = "application/octet-stream") -> bytes:
    """A mail with a file."""
    head = (
        "From: eve@spam.example\r\nTo: abuse@mailflatrate.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\n"
        f'Content-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(data) + b"--b--\r\n"


def mail(fields: str | bytes, body: bytes = b"x", size: int = 0) -> bytes:
    """A mail with hostile fields (repeated up to `size`) or a hostile body."""
    head = repeated(fields, size) if size else fields if isinstance(fields, bytes) else fields.encode()
    return b"From: eve@spam.example\r\nTo: abuse@mailflatrate.example\r\n" + head + b"\r\n\r\n" + body


MAILS: Makers = {
    "deep multiparts": lambda: (
        mail("", b"")
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(60_000))
    ),
    "deep messages": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 140_000,
    "parts": lambda: mail("Content-Type: multipart/mixed; boundary=b", repeated("--b\r\n\r\n", 4 * MB)),
    "one line": lambda: mail(b"Subject: " + b"x" * 4 * MB),
    "fields": lambda: mail("X: y\r\n", size=4 * MB),
    "folds": lambda: mail(b"References:" + repeated("\r\n <a@b>", 4 * MB)),
    "received": lambda: mail("Received: from a ([192.0.2.4]) by b; x\r\n", size=4 * MB),
    "encoded words": lambda: mail(b"Subject: " + repeated("=?utf-8?B?AAAA?= ", 4 * MB)),
    "parameters": lambda: mail(b"Content-Type: text/plain;" + b"".join(b" name*%d*=x;" % at for at in range(300_000))),
    "addresses": lambda: mail(b"Cc: " + repeated('"x" <a@b>,', 4 * MB)),
    "comments": lambda: mail(b"Reply-To: " + b"(" * 4 * MB),
    "signatures": lambda: mail("DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=x; h=from; bh=AA; b=AA\r\n", size=MB),
    "seals": lambda: mail("ARC-Seal: i=1; a=rsa-sha256; d=a.example; s=x; cv=none; b=AA\r\n", size=4 * MB),
    "recipients of a report": lambda: mail(
        "Subject: failure\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"--b\r\n\r\nx\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x\r\n\r\n"
        + repeated("Final-Recipient: rfc822; a@b.de\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n", 4 * MB)
        + b"--b--",
    ),
    "table tags": lambda: mail("Content-Type: text/html", repeated("<table><tr><td><a><b><p>", 4 * MB)),
    "open tags": lambda: mail("Content-Type: text/html", repeated("<div ", 4 * MB)),
    "forwards": lambda: mail(
        "Subject: Fwd: x", repeated("> ---------- Forwarded message ---------\r\n> From: x@y.de\r\n", 4 * MB)
    ),
    "soft breaks": lambda: mail("Content-Transfer-Encoding: quoted-printable", repeated("=\r\n", 4 * MB)),
    "codes": lambda: mail("Subject: Undelivered", repeated("550 5.1.1 <a@b.de>: ", 4 * MB)),
    "rare charset": lambda: mail("Content-Type: text/plain; charset=utf-7", repeated("+AAAA-", 4 * MB)),
    "packed report": lambda: attached(
        "a!b!1!2.xml.gz", gzip.compress(b"<feedback>" + repeated("<record>", 200 * MB), 9), "application/gzip"
    ),
    "deep report": lambda: attached("r.json.gz", gzip.compress(b'{"a":' * 5 * MB), "application/tlsrpt+gzip"),
    "archive": lambda: attached("r.zip", archive({f"{at}.xml": bytes(100_000) for at in range(2_000)})),
    "DER": lambda: attached("smime.p7m", b"\x30\x84\x7f\xff\xff\xff" + b"\x30\x80" * 2 * MB),
}


def archive(files: Mapping[str, bytes | str]) -> bytes:
    """A ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'


def workbook(
    rows: str,
    *,
    strings: str | None = None,
    sheets: int = 1,
    path: str = "worksheets/sheet1.xml",
    more: Mapping[str, str] | None = None,
) -> bytes:
    """An XLSX whose sheets all hold these rows."""
    names = "".join(f'<sheet name="S{at}" sheetId="{at}" r:id="rId{at}"/>' for at in range(1, sheets + 1))
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="{path}"/>' for at in range(1, sheets + 1)
    )
    if strings is not None:
        links += f'<Relationship Id="rIdS" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    return archive(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>',
            f"xl/{path}": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
            **({"xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{strings}</sst>'} if strings is not None else {}),
            **(more or {}),
        }
    )


def _cell(place: str, row: int) -> str:
    return f'<row r="{row}"><c r="{place}"><v>1</v></c></row>'


def _sheet_of_open_document() -> bytes:
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = "".join(f' xmlns:{name}="{urn}:{name}:1.0"' for name in ("office", "table", "text"))
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0"/>',
            "content.xml": f"<office:document-content{spaces}><office:body><office:spreadsheet>"
            '<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'table:number-columns-repeated="16384" office:value-type="string"><text:p>a</text:p></table:table-cell>'
            "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>",
        }
    )


WORKBOOKS: Makers = {
    "last cell": lambda: workbook(_HEAD_ROW + _cell("XFD1048576", 1_048_576)),
    "last cell, other path": lambda: workbook(_HEAD_ROW + _cell("XFD1048576", 1_048_576), path="page.dat"),
    "last cell, entity": lambda: workbook(_HEAD_ROW + _cell("&#88;FD1048576", 1_048_576)),
    "just too many": lambda: workbook(_HEAD_ROW + _cell("BM30000", 30_000)),
    "unnumbered rows": lambda: workbook(_HEAD_ROW + '<row r="2000000"/><row><c><v>1</v></c></row>'),
    "2000 sheets": lambda: workbook(_HEAD_ROW, sheets=2_000),
    "empty rows of 60 sheets": lambda: workbook('<row r="1"/>' * 20_000, sheets=60),
    "many strings": lambda: workbook(_cell("A1", 1).replace("<c ", '<c t="s" '), strings="<si><t>a</t></si>" * 3 * MB),
    "one long string": lambda: workbook(
        "".join(_cell(f"A{at}", at).replace("<c ", '<c t="s" ') for at in range(1, 60_000)),
        strings=f"<si><t>{'a' * 30 * MB}</t></si>"),
    "a million letters a cell": lambda: workbook(
        "".join(_cell(f"A{at}", at).replace("<c ", '<c t="s" ') for at in range(1, 1_000)),
        strings=f"<si><t>{'a' * MB}</t></si>"),
    "styles": lambda: workbook(_HEAD_ROW, more={"xl/styles.xml": "<styleSheet><cellXfs>" + '<xf numFmtId="1"/>' * 3 * MB
                                                + "</cellXfs></styleSheet>"}),
    "blanks": lambda: workbook(_HEAD_ROW + " " * 300 * MB),
    "deep text": lambda: workbook(
        '<row r="1"><c r="A1" t="inlineStr"><is>' + "<r>" * 400_000 + "</r>" * 400_000 + "</is></c></row>"),
    "shared formulas": lambda: workbook("".join(
        f'<row r="{at}"><c r="A{at}"><f t="shared" ref="A1:XFD1048576" si="{at}">A1</f><v>1</v></c></row>'
        for at in range(1, 20_000))),
    "full": lambda: workbook("".join(
        f'<row r="{at}">' + "".join(f"<c><v>{at}</v></c>" for _ in range(19)) + "</row>" for at in range(1, 100_000))),
    "50000 files": lambda: archive({f"xl/worksheets/s{at}.xml": "" for at in range(50_000)}),
    "open document": _sheet_of_open_document,
    "old, in a circle": circling_outlook,
}  # fmt: skip

_TITLES = b"email;name\n"
TABLES: Makers = {
    "open quotes": lambda: _TITLES + repeated('"a@b.de;x\n', 20 * MB),
    "quotes in quotes": lambda: _TITLES + repeated('a",""",b\n', 20 * MB),
    "one cell": lambda: b"email\n" + b"a" * 60 * MB,
    "one quoted cell": lambda: b'email\n"' + b"a" * 60 * MB,
    "million columns": lambda: b";".join(b"c%d" % at for at in range(MB)) + b"\n" + b";" * MB,
    "500 columns": lambda: b";".join(b"c%d" % at for at in range(500)) + b"\n"
    + repeated(b";".join(b"x%d" % (at * 7) for at in range(500)) + b"\n", 40 * MB),
    "500 columns of dates": lambda: b";".join(b"date %d" % at for at in range(500)) + b"\n"
    + b"".join(b";".join(b"%02d/%02d/20%02d" % (1 + at % 12, 1 + row % 12, at % 25) for at in range(500)) + b"\n"
               for row in range(3_000)),
    "long cells": lambda: _TITLES + repeated(b"a@b.de;" + b"1." * 100_000 + b"\n", 40 * MB),
    "status words": lambda: b"email;state\n" + b"".join(b"a@b.de;unsub%d cleaned\n" % at for at in range(400_000)),
    "ambiguous dates": lambda: b"email;confirmed at\n" + repeated("dora@people.example;03/04/2026 10:00\n", 60 * MB),
    "nothing but NUL": lambda: bytes(30 * MB),
    "UTF-16": lambda: b"\xff\xfe" + ("email;n\n" + 'x@y.de;"' * 3 * MB).encode("utf-16le"),
    "broken UTF-8": lambda: b"email;n\n" + repeated(b"\xc3\x28\xff;\xe2\x82\n", 60 * MB),
    "blank lines": lambda: repeated("\n", 60 * MB),
    "line ends": lambda: _TITLES + repeated("\r", 60 * MB),
    "separators": lambda: repeated(",;\t|^~\x1f:", 60 * MB),
    "twins": lambda: b";".join([b"x"] * 500) + b"\n" + repeated(";" * 499 + "\n", 20 * MB),
}  # fmt: skip


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(
    width: int, height: int, *, data: bytes | None = None, before: bytes = b"", bits: int = 8, woven: int = 0
) -> bytes:
    """Return a PNG of flat color with alpha; `data` in the place of its pixels, further chunks `before` them."""
    if data is None:
        packer, line = zlib.compressobj(9), bytes(1 + width * bits // 2)
        data = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 6, 0, 0, woven))
    return b"\x89PNG\r\n\x1a\n" + head + before + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def gif(side: int, frames: int, frame_side: int = 1) -> bytes:
    """A GIF whose frames are smaller, or larger, than it."""
    frame = (
        b"\x21\xf9\x04\x08\x01\0\0\0\x2c"
        + struct.pack("<HHHHB", 0, 0, frame_side, frame_side, 0)
        + b"\x02\x02\x4c\x01\0"
    )
    return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b"\x3b"


def _drawn(kind: str, size: tuple[int, int], *, noise: bool = False, **how: object) -> bytes:
    from PIL import Image

    picture = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size)
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def _animated(kind: str, side: int, frames: int) -> bytes:
    from PIL import Image

    pictures = [Image.effect_noise((side, side), 80).convert("P") for _ in range(frames)]
    out = io.BytesIO()
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:])
    return out.getvalue()[: 8 * MB]


def _many_scans() -> bytes:
    whole = _drawn("JPEG", (2400, 2400), noise=True, progressive=True, quality=60)
    scan = whole[whole.rfind(b"\xff\xda") : -2]
    return whole[:-2] + scan * max(1, (7 * MB - len(whole)) // len(scan)) + b"\xff\xd9"


PICTURES: Makers = {
    "16 megapixels": lambda: png(4000, 4000),
    "16 megapixels of 16 bits": lambda: png(4000, 4000, bits=16),
    "woven": lambda: png(4000, 3999, woven=1),
    "one line": lambda: png(16 * MB, 1),
    "one column": lambda: png(1, 3 * MB),
    "too many pixels": lambda: png(60_000, 60_000, data=zlib.compress(bytes(MB))),
    "pixels without end": lambda: png(100, 100, data=zlib.compress(bytes(400 * MB), 9)),
    "texts": lambda: png(10, 10, before=_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(900_000), 9)) * 2_000),
    "profile": lambda: png(10, 10, before=_chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(200 * MB), 9))),
    "animated PNG": lambda: png(
        2000,
        2000,
        before=_chunk(b"acTL", struct.pack(">II", MB, 0))
        + _chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 2000, 2000, 0, 0, 1, 1, 0, 0)),
    ),
    "broken chunks": lambda: png(4000, 4000)[:60] + random.Random(2).randbytes(MB),
    "chunks": lambda: png(10, 10, before=_chunk(b"teSt", b"") * 600_000),
    "GIF of 299 frames": lambda: gif(280, 299),
    "GIF of 400000 frames": lambda: gif(10, 400_000),
    "GIF of large frames": lambda: gif(10, 3, 60_000),
    "GIF of noise": lambda: _animated("GIF", 280, 200),
    "WebP of noise": lambda: _animated("WEBP", 390, 100),
    "JPEG": lambda: _drawn("JPEG", (4000, 4000), noise=True, quality=70),
    "JPEG of many scans": _many_scans,
    "WebP": lambda: _drawn("WEBP", (16383, 976), lossless=True),
    "AVIF": lambda: _drawn("AVIF", (4000, 4000)),
    "TIFF": lambda: _drawn("TIFF", (4000, 4000), compression="tiff_lzw"),
    "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + repeated("<g>", 4 * MB),
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4000 4000\n%%EndComments\n",
}

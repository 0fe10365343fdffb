"""A mail as Outlook saves it (.msg), written by the book: [MS-CFB], [MS-OXMSG]."""

from struct import pack

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


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
    return (
        head
        + body
        + small.ljust(container_sectors * 512, b"\0")
        + b"".join(content + b"\0" * (-len(content) % 512) for content in streams.values() if len(content) >= 4096)
    )


def entry(name: str, kind: int, start: int, size: int, child: int = FREE, right: int = FREE) -> bytes:
    text = name.encode("utf-16-le")
    links = pack("<BBIII", kind, 1, FREE, right, child)
    return text.ljust(64, b"\0") + pack("<H", len(text) + 2) + links + b"\0" * 36 + pack("<IQ", start, size)


def saved(header: str, text: str) -> bytes:
    """What Outlook keeps of a mail."""
    streams = {"__substg1.0_007D001F": header.encode("utf-16-le"), "__properties_version1.0": b"\0" * 32}
    streams["__substg1.0_1000001F"] = text.encode("utf-16-le")
    return compound(streams)

"""Finds addresses in machine-written text, even ones that `mail.address` would never accept."""

import re

_LOCAL = r"(?:\"[^\"\s]{1,64}\"|[\w!#$%&'*+/=?^`{|}~.-]{1,128})"
_DOMAIN = r"(?:[^\W_][\w-]{0,62}(?:\.[\w-]{1,63})*\.?|\[[\d.:A-Fa-fIPv]+\])"
ADDRESS = re.compile(rf"(?<![\w.!#$%&+=~-]){_LOCAL}@{_DOMAIN}")
_BRACKETED = re.compile(r"<\s*([^<>@]{0,256}@[^<>\s]{1,255}|[^<>]{0,256}@[^<>]{1,255})\s*>")
_TYPE = re.compile(r"^\s*[\w-]+\s*;\s*")


def clean(text: str) -> str:
    """ "rfc822; <Dora@example.net>" -> "Dora@example.net"; "" if there is none. The caller compares without case."""
    text = _TYPE.sub("", text[:1000].strip())
    if "@" not in text:
        return ""
    match = _BRACKETED.search(text)
    if match:
        text = match[1]
    text = text.strip(" \t\r\n<>\"'()[],;:")
    if text.lower().startswith(("mailto:", "smtp:")):
        text = text.partition(":")[2]
    # A source route (RFC 5321 4.1.1.3) names the mailbox after its colon.
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    if ADDRESS.fullmatch(text):
        return text.rstrip(".")
    match = ADDRESS.search(text)
    return match[0].rstrip(".") if match else ""


def find_all(text: str) -> list[str]:
    addresses: dict[str, str] = {}
    for match in ADDRESS.finditer(text):
        address = match[0].rstrip(".").strip("'")
        addresses.setdefault(address.lower(), address)
    return list(addresses.values())

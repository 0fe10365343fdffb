"""Normalizes a reply: identifiers become words; addresses, hosts and codes become placeholders."""

import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"[\w.+=#/'*-]{1,128}@[\w.-]{1,255}|<[^<>\s@]{1,64}>(?=[:.])")
_ADDRESS_OLD = re.compile(r"[\w.+=#/-]+@[\w.-]+")
_URL = re.compile(r"(?:https?|ftp)://\S+|\bwww\.\S+", re.I)
_IP = re.compile(r"\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}\b", re.I)
_CODES = re.compile(r"(?<![\w.])(?:[245]\.\d{1,3}\.\d{1,3}|[2-5]\d\d(?=[ \-]))(?![\w.]*\d)")
_HOST = re.compile(r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,8}[a-z]{2,24}\b(?!\.\w)", re.I)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_JOINTS = re.compile(r"(?<=[^\W\d_])[_-](?=[^\W\d_])")
#: What a gateway counts after the reply of the other side; it says nothing about the reply.
_COUNTED = re.compile(r"\s*\((?:delivery )?(?:attempts?|tries): ?\d{1,6}\)\s*$", re.I)
_ELLIPSIS = re.compile(r"\.{2,}")


@dataclass(frozen=True, slots=True)
class Normal:
    """`plain`: lower case, single spaces. `bare`: addresses as "addr". `words`: without codes, identifiers split up."""

    plain: str
    bare: str
    words: str


def normalise(text: str) -> Normal:
    single = _COUNTED.sub("", " ".join(text.split()))
    plain = single.lower()
    words = _URL.sub(" . ", single) if "://" in single or "www." in plain else single
    words = _ADDRESS.sub(" addr ", words) if "@" in words or "<" in words else words
    words = _IP.sub(" ip ", words)
    words = _CODES.sub(" ", words)
    words = _HOST.sub(" hostname ", words)
    words = _ELLIPSIS.sub(" ", words)
    words = _JOINTS.sub(" ", _CAMEL.sub(" ", words))
    return Normal(plain, _ADDRESS_OLD.sub("addr", plain) if "@" in plain else plain, words)

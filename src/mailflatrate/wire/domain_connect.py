"""Domain Connect (draft-ietf-dconn-domainconnect): the DNS provider of a domain, and links that it signs for. All
answers are foreign: only https to public addresses, small answers, no redirects. The provider asks for consent; the
records are checked in the DNS afterward.
"""

import base64
import hashlib
import json
import re
import ssl
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.web import Want, ask_api

MOST_SECONDS: Final = 8.0
REQUEST_SECONDS: Final = 4.0
MOST_OCTETS: Final = 32 * 1024
MOST_RECORDS: Final = 2
"""TXT records tried for one zone."""
MOST_ZONES: Final = 4
LONGEST_NAME: Final = 60
LONGEST_URL: Final = 300
LONGEST_LINK: Final = 8000
KEY_PART_CHARACTERS: Final = 200
SMALLEST_KEY_BITS: Final = 2048
_AGENT: Final = "mailflatrate (Domain Connect)"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
_PREFIX: Final = re.compile(rf"{_HOST}(?::\d{{1,5}})?(?:/[A-Za-z0-9._~-]+)*/?")
_UNDERSTOOD: Final = frozenset({"providerId", "providerName", "providerDisplayName", "urlSyncUX", "urlAPI"})


class KeyUnusable(Exception):
    """The file holds no RSA key of at least 2048 bits."""


@dataclass(frozen=True, slots=True)
class ProviderLink:
    resolver: Resolver
    private: bool = False
    context: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class TemplateName:
    provider_id: str
    service_id: str
    version: int

    @property
    def path(self) -> str:
        return f"/v2/domainTemplates/providers/{quote(self.provider_id)}/services/{quote(self.service_id)}"


@dataclass(frozen=True, slots=True)
class DnsProvider:
    """A provider that knows our template. `zone` is what it hosts, `host` the rest of the domain, or empty."""

    name: str
    zone: str
    host: str
    sync_url: str

    @property
    def site(self) -> str:
        return urlsplit(self.sync_url).hostname or ""


def find_provider(domain: str, apex: str, template: TemplateName, link: ProviderLink) -> DnsProvider | None:
    """Never raises. `apex` is the registrable domain: no zone above it belongs to the domain's owner."""
    try:
        with Deadline(MOST_SECONDS) as deadline:
            return _Discovery(template, link, deadline).of(domain, apex)
    except TimeoutError:
        return None


@dataclass(frozen=True, slots=True)
class _Discovery:
    template: TemplateName
    link: ProviderLink
    deadline: Deadline

    def of(self, domain: str, apex: str) -> DnsProvider | None:
        for zone in _zones(domain, apex):
            for prefix in self._prefixes(zone):
                settings = self._settings(prefix, zone)
                if settings is not None:
                    return _provider(settings, zone, domain) if self._knows(str(settings["urlAPI"])) else None
        return None

    def _prefixes(self, zone: str) -> list[str]:
        self.deadline.left(REQUEST_SECONDS)
        values = self.link.resolver.txt(f"_domainconnect.{zone}").values
        usable = (value.strip() for value in values if len(value) <= LONGEST_URL)
        return [value.rstrip("/") for value in usable if _PREFIX.fullmatch(value)][:MOST_RECORDS]

    def _settings(self, prefix: str, zone: str) -> dict[str, Any] | None:
        settings = _json(self._get(f"https://{prefix}/v2/{quote(zone)}/settings"))
        if not isinstance(settings, dict):
            return None
        needed = settings.get("crit", [])
        if not isinstance(needed, list) or any(
            name in settings and name not in _UNDERSTOOD for name in map(str, needed)
        ):
            return None
        names = (settings.get("providerDisplayName"), settings.get("providerName"))
        is_usable = all(_is_base(settings.get(name)) for name in ("urlSyncUX", "urlAPI")) and any(
            map(_shown_name, names)
        )
        return settings if is_usable else None

    def _knows(self, api_url: str) -> bool:
        """Return whether the provider applies our template. One that names another version would set other records."""
        body = self._get(api_url.rstrip("/") + self.template.path)
        answer = _json(body)
        version = answer.get("version") if isinstance(answer, dict) else None
        return body is not None and (version is None or version == self.template.version)

    def _get(self, url: str) -> bytes | None:
        """Return the whole body of a 2xx answer, None for anything else. A redirect isn't followed."""
        seconds = self.deadline.left(REQUEST_SECONDS)
        want = Want(accept="application/json", agent=_AGENT, most_octets=MOST_OCTETS, seconds=seconds)
        try:
            answer = ask_api(url, self.link.resolver, want, private=self.link.private, context=self.link.context)
        except OSError:
            return None
        return answer.body if 200 <= answer.status < 300 and answer.is_whole else None


def _zones(domain: str, apex: str) -> list[str]:
    if domain != apex and not domain.endswith(f".{apex}"):
        return []
    labels = domain.split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - apex.count("."))]
    return list(dict.fromkeys([*names[: MOST_ZONES - 1], apex]))


def _provider(settings: Mapping[str, Any], zone: str, domain: str) -> DnsProvider:
    name = _shown_name(settings.get("providerDisplayName")) or _shown_name(settings.get("providerName"))
    return DnsProvider(name, zone, domain.removesuffix(zone).rstrip("."), str(settings["urlSyncUX"]).rstrip("/"))


def _json(body: bytes | None) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None


def _is_base(url: object) -> bool:
    if not isinstance(url, str) or len(url) > LONGEST_URL:
        return False
    scheme, separator, rest = url.partition("://")
    return scheme == "https" and bool(separator) and _PREFIX.fullmatch(rest) is not None


def _shown_name(value: object) -> str:
    if not isinstance(value, str):
        return ""
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in value[: 4 * LONGEST_NAME])
    return " ".join(visible.split())[:LONGEST_NAME]


class LinkSigner:
    """Signs links with an RSA key, so that a provider knows that they are ours (RSASSA-PKCS1-v1_5, SHA-256)."""

    def __init__(self, private_pem: bytes) -> None:
        """Read the key. Raises KeyUnusable."""
        try:
            key = serialization.load_pem_private_key(private_pem, password=None)
        except (ValueError, TypeError) as problem:
            raise KeyUnusable("the file can't be read as a private key in PEM form without a password") from problem
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SMALLEST_KEY_BITS:
            raise KeyUnusable(f"the key must be RSA with at least {SMALLEST_KEY_BITS} bits")
        self._key = key
        der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._public = base64.b64encode(der).decode("ascii")

    @property
    def label(self) -> str:
        return f"_dck{hashlib.sha256(self._public.encode()).hexdigest()[:12]}"

    @property
    def records(self) -> Sequence[str]:
        parts = [
            self._public[start : start + KEY_PART_CHARACTERS]
            for start in range(0, len(self._public), KEY_PART_CHARACTERS)
        ]
        return [f"p={number},a=RS256,d={part}" for number, part in enumerate(parts, 1)]

    def signed(self, parameters: Mapping[str, str]) -> str:
        encoded = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in parameters.items())
        query = "&".join(f"{name}={value}" for name, value in encoded)
        signature = self._key.sign(query.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
        signature_text = quote(base64.b64encode(signature).decode("ascii"), safe="")
        return f"{query}&sig={signature_text}&key={self.label}"


def apply_url(provider: DnsProvider, template: TemplateName, parameters: Mapping[str, str], signer: LinkSigner) -> str:
    """Return the link that asks the provider to set the template's records. Raises ValueError if it is too long."""
    place = {"domain": provider.zone} | ({"host": provider.host} if provider.host else {})
    url = f"{provider.sync_url}{template.path}/apply?{signer.signed({**parameters, **place})}"
    if len(url) > LONGEST_LINK:
        raise ValueError("the link is too long")
    return url

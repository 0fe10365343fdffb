"""A DNS provider that offers Domain Connect: its zone, its API over TLS, and what it checks before it sets records."""

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.settings.schema import read_settings
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from mailflatrate.wire.domain_connect import ProviderLink
from support.fake_apis import FakeApi, serving

HOST = "dc.provider.example"
Zone = dict[str, dict[str, list[str]]]
SYNC_URL = f"https://{HOST}/sync"
TEMPLATE = "/api/v2/domainTemplates/providers/mailflatrate.example/services/campaigns"


@dataclass
class FakeProvider:
    """The provider: `api` answers, `dns` is its name server, `link` is how we reach both."""

    api: FakeApi
    dns: ZoneServer
    link: ProviderLink
    zone: Zone

    @property
    def base(self) -> str:
        """What the TXT record says."""
        return f"{HOST}:{urlsplit(self.api.url).port}"

    def publish(self, records: Zone) -> None:
        """Add records to what the name server says."""
        self.zone |= records
        self.dns.replace(self.zone)

    def host_zone(self, name: str, **changed: Any) -> None:
        """Host a zone: its settings, and the record that leads to them."""
        self.api.answers[f"/v2/{name}/settings"] = {
            "providerId": "provider.example",
            "providerName": "Provider",
            "providerDisplayName": "Provider & Sons",
            "urlSyncUX": SYNC_URL,
            "urlAPI": f"https://{self.base}/api",
            "nameServers": ["ns1.provider.example"],
        } | changed
        self.publish({f"_domainconnect.{name}": {"TXT": [self.base]}})

    def know_template(self, **said: Any) -> None:
        self.api.answers[TEMPLATE] = said


@contextmanager
def dns_provider(folder: Path) -> Iterator[FakeProvider]:
    settings = read_settings({"MAILFLATRATE_DATA_DIR": str(folder), "MAILFLATRATE_PUBLIC_URL": f"https://{HOST}"})
    cert, key = certificate(settings)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(cert, key)
    zone: Zone = {HOST: {"A": ["127.0.0.1"]}}
    with serving({}, server_side) as api, ZoneServer(zone) as dns:
        resolver = DnsResolver([dns.nameserver], timeout_seconds=2, cache_size=0)
        link = ProviderLink(resolver, private=True, context=ssl.create_default_context(cafile=str(cert)))
        yield FakeProvider(api, dns, link, zone)


def key_file(folder: Path) -> Path:
    """A new signing key as an operator makes it."""
    path = folder / "domain-connect.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def verified_parameters(url: str, published: dict[str, list[str]]) -> dict[str, str]:
    """Check a link's signature as the specification tells providers to, and return its parameters.

    `published` are the TXT records below syncPubKeyDomain, by their label. Raises InvalidSignature.
    """
    query = urlsplit(url).query
    received, _, rest = query.partition("&sig=")
    signature, _, label = rest.partition("&key=")
    parts: dict[int, str] = {}
    for record in published[label]:
        fields = dict(field.split("=", 1) for field in record.split(","))
        assert fields["a"] == "RS256"
        parts[int(fields["p"])] = fields["d"]
    public = serialization.load_der_public_key(base64.b64decode("".join(parts[number] for number in sorted(parts))))
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(base64.b64decode(unquote(signature)), received.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {name: values[0] for name, values in parse_qs(received, strict_parsing=True).items()}


def records_set(template: dict[str, Any], parameters: dict[str, str]) -> Zone:
    """What a provider that keeps to the specification publishes for a link, by absolute name and type."""
    fqdn = ".".join(filter(None, [parameters.get("host", ""), parameters["domain"]]))
    zone: Zone = {}
    for record in template["records"]:
        if record["groupId"] not in parameters["groupId"].split(","):
            continue
        filled = json.dumps(record)
        for name, value in parameters.items():
            filled = filled.replace(f"%{name}%", value)
        record = json.loads(filled)
        assert "%" not in filled, "a variable without a value"
        value = {
            "TXT": record.get("data"),
            "MX": f"{record.get('priority')} {record.get('pointsTo')}",
            "SPFM": f"v=spf1 {record.get('spfRules')} ~all",
        }[record["type"]]
        kind = "TXT" if record["type"] == "SPFM" else record["type"]
        zone.setdefault(f"{record['host']}.{fqdn}", {}).setdefault(kind, []).append(value)
    return zone

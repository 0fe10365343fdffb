"""The settings of this host and the certificate of its pages; no database, no Django."""

import hashlib
import ipaddress
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from mailflatrate.base import clock
from mailflatrate.entrypoints.boot.doctor_report import Line, missing, ok, warning
from mailflatrate.mail.signing.dkim import Signer, generate_key
from mailflatrate.mail.signing.rsa_batch import find_signer
from mailflatrate.settings.schema import Settings, TlsMode
from mailflatrate.wire.probe import ProbeFailed, read_certificate

# RFC 2606 and RFC 6761: names that never work on the public internet.
RESERVED = ("example", "test", "invalid", "localhost", "local", "example.com", "example.net", "example.org")
RENEW_WITHIN = timedelta(days=14)
LEAST_FREE_BYTES = 2 * 1024**3
FULL_BYTES = 64 * 1024**2
SIGNATURES_TRIED = 64


def is_public_name(name: str) -> bool:
    """Return whether others can look up a name: it has a dot, isn't an IP address and isn't reserved."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        labels = name.lower().rstrip(".")
        return "." in labels and not any(labels == suffix or labels.endswith(f".{suffix}") for suffix in RESERVED)
    return False


def is_this_host(name: str | None) -> bool:
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return name == "localhost"


def host_lines(settings: Settings) -> Iterator[Line]:
    yield from _modes(settings)
    yield from _own_names(settings)
    yield from _proxy(settings)
    yield from _relay_settings(settings)
    yield from _disk(settings)
    yield _signing(settings)
    yield _certificate(settings)


def _modes(settings: Settings) -> Iterator[Line]:
    if settings.debug:
        yield missing("settings", "debug is on", "Unset MAILFLATRATE_DEBUG. Its error pages show secrets to anyone.")
    if settings.demo:
        yield missing("settings", "demo mode is on", "Unset MAILFLATRATE_DEMO.")
    if "*" in settings.host_names:
        yield missing("settings", "the pages answer to any host name", "Set MAILFLATRATE_ALLOWED_HOSTS.")
    if not (settings.inbound_smtp_port or settings.inbound_lmtp_port):
        yield missing("settings", "no listener accepts bounces", "Set MAILFLATRATE_INBOUND_LMTP_PORT.")
    if not (settings.debug or settings.demo):
        yield ok("settings", "debug pages and demo mode are off")


def _proxy(settings: Settings) -> Iterator[Line]:
    if settings.public_port == 0 and not settings.trusted_proxies.strip():
        yield missing(
            "proxy",
            "a proxy handles TLS but no proxy is trusted, so all visitors count as one and limits for loopback are off",
            "Set MAILFLATRATE_TRUSTED_PROXIES to the address the proxy connects from, such as 127.0.0.1.",
        )


def _own_names(settings: Settings) -> Iterator[Line]:
    for name, value in (
        ("SERVICE_DOMAIN", settings.service_domain),
        ("PUBLIC_URL", urlsplit(settings.public_url).hostname or ""),
        ("HELO_NAME", settings.helo_name),
    ):
        if is_public_name(value):
            yield ok("settings", f"{name.lower()} is {value}")
        else:
            yield missing(
                "settings",
                f"{name.lower()} is {value!r}, which can't be resolved from outside",
                f"Set MAILFLATRATE_{name} to a name you own.",
            )


def _relay_settings(settings: Settings) -> Iterator[Line]:
    if settings.relay_host is None:  # the database knows whether there are others
        return
    if is_this_host(settings.relay_host):
        return
    if settings.relay_tls is TlsMode.NEVER:
        yield missing("settings", "messages travel to the relay unencrypted", "Set MAILFLATRATE_RELAY_TLS=required.")
    elif settings.relay_tls is TlsMode.OPPORTUNISTIC:
        yield warning(
            "settings",
            "an attacker on the network can turn off TLS to the relay",
            "Set MAILFLATRATE_RELAY_TLS=required if the relay has a valid certificate.",
        )


def _disk(settings: Settings) -> Iterator[Line]:
    if not settings.data_dir.exists():
        yield missing("disk", f"the data folder {settings.data_dir} does not exist", "Run `mailflatrate migrate`.")
        return
    free = shutil.disk_usage(settings.data_dir).free
    text = f"{free / 1024**3:.1f} GiB free in the data folder"
    if free >= LEAST_FREE_BYTES:
        yield ok("disk", text)
    elif free >= FULL_BYTES:
        yield warning("disk", text, "Free up space: uploads and journals need it.")
    else:
        full = f"the disk of the data folder is full: {free / 1024**2:.0f} MiB free"
        yield missing("disk", full, "Free up space. Without room for a journal this host sends nothing.")


def _signing(settings: Settings) -> Line:
    faults: list[str] = []
    signer = find_signer(enabled=settings.batch_signing, on_fault=faults.append)
    key = Signer("doctor.example", "new", generate_key()[0]).key
    tasks = [(key, hashlib.sha256(b"%d" % number).digest()) for number in range(SIGNATURES_TRIED)]
    signer.sign(tasks)
    began = time.process_time()
    signer.sign(tasks)
    microseconds = (time.process_time() - began) / SIGNATURES_TRIED * 1e6
    if faults:
        return warning(
            "signing",
            f"the multi-buffer signing library fails on this processor: {faults[0]}",
            "Set MAILFLATRATE_BATCH_SIGNING=false, and test the processor and memory.",
        )
    return ok("signing", f"{signer.name}; {microseconds:.0f} µs each")


def _certificate(settings: Settings) -> Line:
    """Check the certificate: mailbox providers POST to the unsubscribe link only if they can verify it (RFC 8058)."""
    parts = urlsplit(settings.public_url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        seen = read_certificate(host, port)
    except ProbeFailed as problem:
        fix = "Serve public_url with a certificate from a public authority. See docs/operations/install.md."
        return missing("tls", f"{host}:{port}: {problem}", fix)
    text = f"{host}:{port} has a certificate from {seen.issuer}, valid until {seen.not_after:%Y-%m-%d}"
    if seen.not_after - clock.now() < RENEW_WITHIN:
        return warning("tls", text, "Renew it, and find out why the automatic renewal didn't run.")
    return ok("tls", text)

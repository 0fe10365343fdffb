"""The relay: whether it accepts us and encrypts; and its queue if it is a Postfix on this host."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mailflatrate.apps.delivery.relays.hooks import without_hook
from mailflatrate.apps.delivery.relays.overview import closed_pools, mail_leaves_machine, relay_rows
from mailflatrate.apps.delivery.relays.relay_cache import settings_relay, spec_of
from mailflatrate.apps.delivery.relays.tables import StateChoice
from mailflatrate.apps.delivery.transmit import check_relay
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.boot.doctor_report import Line, missing, ok, warning
from mailflatrate.entrypoints.cli.doctor.host import is_this_host
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.settings.schema import Settings
from mailflatrate.wire.smtp.types import RelayConfig, RelayUnavailable

LONG_WAIT = timedelta(hours=4)
MANY_DEFERRED = 1_000


def relay_lines(settings: Settings) -> Iterator[Line]:
    """Check the relay of the settings; yield nothing if none is set, because the table may have relays."""
    if settings.relay_host is None:
        return
    config = settings_relay(settings).config
    yield from _relay(settings, config, config.remote_host, "correct MAILFLATRATE_RELAY_*")
    postqueue = shutil.which("postqueue") if is_this_host(settings.relay_host) else None
    if postqueue:
        yield _queue(postqueue)


def table_lines(settings: Settings) -> Iterator[Line]:
    with tenancy.platform(PlatformReason.RELAYS):
        rows = relay_rows()
        leaves = mail_leaves_machine(settings)
        silent = without_hook()
    if not leaves and not rows:
        yield missing(
            "relay",
            "no relay: all messages go to the test inbox",
            "Add one in Operations under Relays, or set MAILFLATRATE_RELAY_HOST.",
        )
    for relay in [row.relay for row in rows if row.relay.state == StateChoice.ACTIVE]:
        try:
            config = spec_of(relay, settings).config
        except VaultError:
            yield missing(
                "relay",
                f"this host's keys can't decrypt the login of {relay.name}",
                "Enter it again in Operations, or copy the installation's keys to this host.",
            )
            continue
        yield from _relay(settings, config, f"{relay.name} ({config.remote_host})", "correct it in Operations")
    for relay in silent:
        yield warning(
            "relay",
            f"{relay.name} ({relay.get_kind_display()}) keeps bounces and complaints: it has no event webhook",
            f"Create one on its page in Operations, or with `mailflatrate relays hook create {relay.name}`.",
        )
    for name in closed_pools(rows):
        yield warning(
            "relay",
            f"every relay in the pool {name!r} is drained or disabled, so its messages are on hold",
            "Enable one, or move another relay to this pool.",
        )


def _relay(settings: Settings, config: RelayConfig, where: str, how: str) -> Iterator[Line]:
    try:
        seen = check_relay(config)
    except RelayUnavailable as problem:
        yield missing("relay", f"{where} doesn't accept our connection: {problem}", f"Start it, or {how}.")
        return
    text = f"{where} answers EHLO {settings.helo_name}{', encrypted by STARTTLS' if seen.tls else ', unencrypted'}"
    if not seen.tls and not is_this_host(config.host):
        yield missing("relay", text, "Turn on STARTTLS at the relay.")
    elif not seen.dsn:
        yield warning(
            "relay",
            f"{text}; it doesn't offer DSN",
            "Turn on DSN at the relay. Without it, bounces contain the whole message.",
        )
    elif not seen.pipelining:
        yield warning(
            "relay",
            f"{text}; it doesn't offer PIPELINING",
            "Turn it on. Without it, sending takes about twice as long.",
        )
    else:
        yield ok("relay", text)
    if seen.smtputf8:
        yield ok("smtputf8", f"{where} accepts addresses with non-ASCII characters (RFC 6531)")
    else:
        yield warning(
            "smtputf8",
            f"{where} doesn't offer SMTPUTF8, so addresses like dörte@ are skipped (5.6.7)",
            "Turn it on (Postfix: smtputf8_enable = yes).",
        )


def _queue(postqueue: str) -> Line:
    """Report Postfix's queue by name, and its oldest message (one JSON object per line since Postfix 3.1)."""
    done = subprocess.run([postqueue, "-j"], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return warning(
            "queue",
            f"postqueue: {done.stderr.strip()}",
            "Run `mailflatrate doctor` as a user allowed to see the queue.",
        )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    counts = Counter(message["queue_name"] for message in messages)
    text = f"{len(messages)} messages are queued in Postfix"
    if not messages:
        return ok("queue", text)
    oldest = clock.now() - datetime.fromtimestamp(min(message["arrival_time"] for message in messages), UTC)
    text += f" ({', '.join(f'{number} {name}' for name, number in sorted(counts.items()))}), the oldest for {oldest}"
    if counts["hold"] or counts["deferred"] > MANY_DEFERRED or oldest > LONG_WAIT:
        return warning("queue", text, "Run `postqueue -p` to see the reasons.")
    return ok("queue", text)

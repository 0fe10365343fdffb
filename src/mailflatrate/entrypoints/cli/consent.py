"""`mailflatrate consent`: verify a proof of consent or the whole ledger, and manage the keys that sign both."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from mailflatrate.rules.proof.record import MalformedRecord

LEDGER_LINES = 50
"""Maximum number of faults listed; the rest are only counted."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def consent_command() -> None:
    """Verify proof of consent, and manage the keys that sign it."""


@consent_command.command("verify")
@click.argument("file", required=False, type=_FILE)
@click.option(
    "--ledger",
    is_flag=True,
    help="Compare FILE with the ledger in the database. Without FILE, verify the whole ledger.",
)
@click.option(
    "--service-keys", type=_FILE, help="The service's signing keys, from /.well-known/mailflatrate-signing-keys.json."
)
@click.option("--tsa-certificates", type=_FILE, help="PEM file with the time-stamping authorities you trust.")
def verify_command(file: Path | None, ledger: bool, service_keys: Path | None, tsa_certificates: Path | None) -> None:
    """Check FILE, a proof of consent as JSON or PDF, or an NDJSON file of portable consent (needs --service-keys).

    Without --ledger this needs no database and no network. Exit status: 0 if it is valid; 1 if it is not, with each
    fault named; 3 if it is incomplete because an event lacks its proof of inclusion; 4 if it is consistent but nothing
    that you trust vouches for it. --ledger without FILE verifies the whole ledger.
    """
    if file is None and not ledger:
        raise click.UsageError("Name a proof of consent, or pass --ledger.")
    if file is None:
        _verify_ledger()
        return
    portable = importlib.import_module("mailflatrate.entrypoints.cli.portable")
    if portable.is_portable(file):
        sys.exit(portable.verify_file(file, service_keys))
    from mailflatrate.rules.proof.stamps import StampRefused

    try:
        _verify_file(file, ledger, service_keys, tsa_certificates)
    except (MalformedRecord, StampRefused) as problem:
        click.echo(f"{file}: {problem}", err=True)
        sys.exit(1)


def _verify_file(file: Path, ledger: bool, service_keys: Path | None, tsa_certificates: Path | None) -> None:
    from mailflatrate.rules.proof.certificate import MOST_OCTETS, check_certificate, read_certificate, subject_of
    from mailflatrate.rules.proof.signature import read_keys
    from mailflatrate.rules.proof.stamps import read_certificates
    from mailflatrate.rules.proof.verdict import Anchors, CertificateVerdict

    if file.stat().st_size > MOST_OCTETS:
        raise MalformedRecord("the file is too large to be a proof of consent")
    certificate = read_certificate(file.read_bytes())
    anchors = Anchors(
        authorities=read_certificates(tsa_certificates.read_bytes()) if tsa_certificates else None,
        keys=read_keys(service_keys.read_bytes()) if service_keys else None,
        ledger=_ledger_extract(certificate) if ledger else None,
    )
    report = check_certificate(certificate, anchors)
    for finding in report.findings:
        click.echo(f"{finding.mark} {finding.sentence}")
    if report.verdict is CertificateVerdict.HOLDS:
        click.echo(f"Verified: the consent of {subject_of(certificate)}")
    click.echo(report.verdict.sentence)
    sys.exit(report.verdict.value)


def _ledger_extract(certificate: dict[str, Any]) -> Any:
    from mailflatrate.entrypoints.boot import database
    from mailflatrate.rules.proof.certificate import named_rows

    named = named_rows(certificate)
    with database():
        from mailflatrate.apps.consent.extract import ledger_extract

        return ledger_extract(named)


@consent_command.command("keys")
def keys_command() -> None:
    """Print the published history of signing keys as JSON."""
    from mailflatrate.entrypoints.boot import database

    with database():
        from mailflatrate.apps.consent.signing_keys import key_history

        click.echo(json.dumps(key_history(), indent=1))


@consent_command.command("rotate-key")
@click.confirmation_option(prompt="Retire the current signing key and create a new one?")
def rotate_command() -> None:
    """Switch to a new signing key. Everything the old key signed stays valid, and its history stays published."""
    from mailflatrate.entrypoints.boot import database

    with database():
        from mailflatrate.apps.consent.signing_keys import rotate_signing_key

        click.echo(f"The new signing key is {rotate_signing_key().id}.")


def _verify_ledger() -> None:
    import psycopg

    from mailflatrate.entrypoints.boot import database

    with database() as settings:
        from mailflatrate.apps.consent.verification import verify_ledger
        from mailflatrate.settings.roles import PLATFORM_ROLE, app_url, enter_role

        with psycopg.connect(app_url(settings)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            enter_role(connection, PLATFORM_ROLE)
            report = verify_ledger(connection)
    for fault in report.faults[:LEDGER_LINES]:
        click.echo(f"- {fault.kind.value}: {fault.sentence}")
    if report.fault_count > LEDGER_LINES:
        click.echo(f"- and {report.fault_count - LEDGER_LINES:,} more")
    if report.unsealed:
        numbers = ", ".join(map(str, report.unsealed[:20])) + (", ..." if len(report.unsealed) > 20 else "")
        click.echo(f"{len(report.unsealed):,} events are not sealed yet: {numbers}")
    rate = report.events / report.seconds if report.seconds else 0
    click.echo(
        f"{report.events:,} events ({report.erased:,} with their personal data erased), {report.seals:,} seals, "
        f"{report.stamps:,} time stamps in {report.seconds:.1f} s, {rate:,.0f} events/s."
    )
    click.echo(f"Newest seal: {report.head.hex()}")
    if not report.good:
        click.echo(f"The ledger is not intact: {report.fault_count:,} faults.")
        sys.exit(1)
    click.echo("The ledger is intact.")

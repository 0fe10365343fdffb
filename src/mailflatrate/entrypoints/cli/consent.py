"""`mailflatrate consent`: check a certificate or the whole ledger, and the keys that sign both."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from mailflatrate.rules.proof.record import Malformed

LEDGER_LINES = 50
"""Faults that are written out one by one; the rest is counted."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def consent_command() -> None:
    """What proves that people consented."""


@consent_command.command("verify")
@click.argument("file", required=False, type=_FILE)
@click.option("--ledger", is_flag=True, help="Compare FILE with the ledger in the database, or verify all of it.")
@click.option("--service-keys", type=_FILE,
              help="The service's signing keys: the file at /.well-known/mailflatrate-signing-keys.json.")  # fmt: skip
@click.option("--tsa-certificates", type=_FILE, help="PEM file of the time-stamping authorities that you trust.")
def verify_command(file: Path | None, ledger: bool, service_keys: Path | None, tsa_certificates: Path | None) -> None:
    """Check FILE, a certificate of consent as JSON or PDF. Needs no database and no network without --ledger.

    Exit status: 0 it holds; 1 it does not, and each fault is named; 3 it is incomplete, because an event lacks its
    proof of inclusion; 4 it is consistent, but nothing that you named vouches for it. --ledger without FILE verifies
    the whole ledger.
    """
    if file is None and not ledger:
        raise click.UsageError("name a certificate, or ask for --ledger")
    if file is None:
        _verify_ledger()
        return
    from mailflatrate.rules.proof.stamps import StampRefused

    try:
        _verify_file(file, ledger, service_keys, tsa_certificates)
    except (Malformed, StampRefused) as problem:
        click.echo(f"{file}: {problem}", err=True)
        sys.exit(1)


def _verify_file(file: Path, ledger: bool, service_keys: Path | None, tsa_certificates: Path | None) -> None:
    from mailflatrate.rules.proof.certificate import MOST_OCTETS, check_certificate, read_certificate
    from mailflatrate.rules.proof.signature import read_keys
    from mailflatrate.rules.proof.stamps import read_certificates
    from mailflatrate.rules.proof.verdict import Anchors

    if file.stat().st_size > MOST_OCTETS:
        raise Malformed("the file is larger than any certificate")
    certificate = read_certificate(file.read_bytes())
    anchors = Anchors(
        authorities=read_certificates(tsa_certificates.read_bytes()) if tsa_certificates else None,
        keys=read_keys(service_keys.read_bytes()) if service_keys else None,
        ledger=_ledger_extract(certificate) if ledger else None,
    )
    report = check_certificate(certificate, anchors)
    for finding in report.findings:
        click.echo(f"{finding.mark} {finding.sentence}")
    click.echo(report.verdict.sentence)
    sys.exit(report.verdict.value)


def _ledger_extract(certificate: dict[str, Any]) -> Any:
    """What the ledger holds of the events and seals that the file names. Raises Malformed."""
    from mailflatrate.entrypoints.boot import database
    from mailflatrate.rules.proof.certificate import named_rows

    named = named_rows(certificate)
    with database():
        from mailflatrate.apps.lists.extract import ledger_extract

        return ledger_extract(named)


@consent_command.command("keys")
def keys_command() -> None:
    """Print the published history of signing keys as JSON."""
    from mailflatrate.entrypoints.boot import database

    with database():
        from mailflatrate.apps.lists.signing import key_history

        click.echo(json.dumps(key_history(), indent=1))


@consent_command.command("rotate-key")
@click.confirmation_option(prompt="Retire the signing key in use and begin with a new one?")
def rotate_command() -> None:
    """Sign with a new key from now on. What the old one signed stays good; its history stays published."""
    from mailflatrate.entrypoints.boot import database

    with database():
        from mailflatrate.apps.lists.signing import rotate_signing_key

        click.echo(f"Key {rotate_signing_key().id} signs from now on.")


def _verify_ledger() -> None:
    import psycopg

    from mailflatrate.entrypoints.boot import database

    with database() as settings:
        from mailflatrate.apps.lists.verification import verify_ledger
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
        shown = ", ".join(map(str, report.unsealed[:20])) + (", ..." if len(report.unsealed) > 20 else "")
        click.echo(f"{len(report.unsealed):,} events wait for their seal: {shown}")
    rate = report.events / report.seconds if report.seconds else 0
    click.echo(
        f"{report.events:,} events ({report.erased:,} without their erased personal half), {report.seals:,} seals, "
        f"{report.stamps:,} time stamps in {report.seconds:.1f} s, {rate:,.0f} events/s."
    )
    click.echo(f"Newest seal: {report.head.hex()}")
    if not report.good:
        click.echo(f"The ledger does not hold: {report.fault_count:,} faults.")
        sys.exit(1)
    click.echo("The ledger holds.")

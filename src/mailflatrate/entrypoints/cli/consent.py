"""`mailflatrate consent verify`: a certificate offline, or the whole ledger against the database."""

import sys
from pathlib import Path
from typing import Any

import click

LEDGER_LINES = 50
"""Faults that are written out one by one; the rest is counted."""


@click.group()
def consent_command() -> None:
    """What proves that people consented."""


@consent_command.command("verify")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ledger", is_flag=True, help="Verify the whole ledger in the database instead of one certificate.")
@click.option("--tsa-certificates", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="PEM file of the time-stamping authorities that you believe.")  # fmt: skip
def verify_command(file: Path | None, ledger: bool, tsa_certificates: Path | None) -> None:
    """Check FILE, a certificate of consent as JSON or PDF. Needs no database and no network.

    With --ledger alone the whole ledger is verified; with both, also whether the seals of FILE are those of the ledger.
    Ends with 0 when everything holds, with 1 when something does not; each fault is named.
    """
    if file is None and not ledger:
        raise click.UsageError("name a certificate, or ask for --ledger")
    if file is None:
        _verify_ledger()
        return
    certificate = _verify_file(file, tsa_certificates)
    if ledger:
        _compare_seals(certificate)
    click.echo("The certificate holds.")


def _verify_file(file: Path, tsa_certificates: Path | None) -> dict[str, Any]:
    from mailflatrate.rules.proof.certificate import check_certificate, read_certificate
    from mailflatrate.rules.proof.record import Malformed
    from mailflatrate.rules.proof.stamps import StampRefused, read_certificates

    try:
        believed = read_certificates(tsa_certificates.read_bytes()) if tsa_certificates else None
        certificate = read_certificate(file.read_bytes())
        findings = check_certificate(certificate, believed=believed)
    except (Malformed, StampRefused) as problem:
        click.echo(f"{file}: {problem}", err=True)
        sys.exit(1)
    for finding in findings:
        click.echo(f"{finding.mark} {finding.sentence}")
    if any(finding.bad for finding in findings):
        click.echo("The certificate does not hold.")
        sys.exit(1)
    return certificate


def _compare_seals(certificate: dict[str, Any]) -> None:
    """A made-up certificate fits together, too; but its seals are not those that the service holds."""
    import psycopg

    from mailflatrate.entrypoints.boot import database

    with database() as settings:
        from mailflatrate.settings.roles import app_url

        numbers = [item["number"] for item in certificate["seals"]]
        with psycopg.connect(app_url(settings)) as connection:
            rows = connection.execute("SELECT number, seal_hash FROM consent_seal WHERE number = ANY(%s)", [numbers])
            held = {number: bytes(seal_hash).hex() for number, seal_hash in rows}
    strange = [item["number"] for item in certificate["seals"] if held.get(item["number"]) != item["hash"]]
    if strange:
        click.echo(f"BAD  seals {', '.join(map(str, strange))} are not those of this ledger")
        click.echo("The certificate does not hold.")
        sys.exit(1)
    click.echo(f"ok   its {len(numbers)} seals are those of this ledger")


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

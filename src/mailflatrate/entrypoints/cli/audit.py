"""`mailflatrate audit verify`: reads the audit log and lists the rows that were tampered with (R-98)."""

import json
import sys

import click

from mailflatrate.entrypoints.boot import database


@click.group()
def audit_command() -> None:
    """Verify the audit log."""


@audit_command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_command(as_json: bool) -> None:
    """Read the whole log and list every row that was changed, removed or inserted. Exits with 1 if there is one."""
    with database():
        from mailflatrate.base import audit, tenancy
        from mailflatrate.base.tenancy import PlatformReason

        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            report = audit.verify()
    if as_json:
        damages = [{"kind": damage.kind, "number": damage.number, "text": damage.text} for damage in report.damages]
        click.echo(json.dumps({"rows": report.rows, "head": report.head, "damages": damages}))
    else:
        for damage in report.damages:
            click.echo(f"{damage.kind}: {damage.text}")
        verdict = "whole" if report.whole else f"damaged in {len(report.damages)} places"
        click.echo(f"The audit log has {report.rows:,} rows and is {verdict}. Newest hash: {report.head}")
    sys.exit(0 if report.whole else 1)

"""`mailflatrate consent verify` for a file of portable consent: checks every line, and whether the file is complete."""

from pathlib import Path

import click

from mailflatrate.apps.lists.intake.portable_rows import ProofTable, is_portable
from mailflatrate.rules.proof.record import MalformedRecord
from mailflatrate.rules.proof.signature import read_keys

__all__ = ["is_portable", "verify_file"]

MOST_FAULTS_SHOWN = 50
HOLDS, REFUSED, CONSISTENT = 0, 1, 4


def verify_file(file: Path, service_keys: Path | None) -> int:
    """Print each invalid line and a summary; return the exit status."""
    if service_keys is None:
        click.echo("Name the keys of the installation that wrote this file: --service-keys FILE.", err=True)
        return CONSISTENT
    try:
        keys = read_keys(service_keys.read_bytes())
    except MalformedRecord as problem:
        click.echo(f"{service_keys}: {problem}", err=True)
        return REFUSED
    good = bad = 0
    for number, _cells, fault in ProofTable(file, keys).rows():
        if fault is None:
            good += 1
            continue
        bad += 1
        if bad <= MOST_FAULTS_SHOWN:
            click.echo(f"line {number}: {fault.value}")
    click.echo(f"{good:,} lines hold, {bad:,} do not.")
    return REFUSED if bad else HOLDS

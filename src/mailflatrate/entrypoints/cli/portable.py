"""`mailflatrate consent verify` for a file of portable consent: checks every line, and whether the file is complete."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from mailflatrate.apps.intake.reading.portable_rows import PROOF_AT, ProofTable, is_portable
from mailflatrate.rules.proof.portable import PortableFault, PortableRefused, check_signature, read_line
from mailflatrate.rules.proof.record import MalformedRecord
from mailflatrate.rules.proof.signature import PublishedKey, read_keys

__all__ = ["is_portable", "verify_file"]

MOST_FAULTS_SHOWN = MOST_PEOPLE_SHOWN = 50
HOLDS, REFUSED, CONSISTENT = 0, 1, 4


def verify_file(file: Path, service_keys: Path | None) -> int:
    if service_keys is None:
        click.echo("Name the keys of the installation that wrote this file: --service-keys FILE.", err=True)
        return CONSISTENT
    try:
        keys = read_keys(service_keys.read_bytes())
    except MalformedRecord as problem:
        click.echo(f"{service_keys}: {problem}", err=True)
        return REFUSED
    good = bad = 0
    people: Counter[tuple[str, str]] = Counter()
    for number, cells, defect in ProofTable(file, keys).rows():
        fault = defect or _unsigned(cells[PROOF_AT], keys)
        if fault is None:
            line = read_line(cells[PROOF_AT].encode())
            good += 1
            people[line["account"]["name"], (line["list"] or {}).get("name", "")] += 1
            if good <= MOST_PEOPLE_SHOWN:
                click.echo(f"line {number}: {line['person']['email']}")
            continue
        bad += 1
        if bad <= MOST_FAULTS_SHOWN:
            click.echo(f"line {number}: {fault.value}")
    for (account, mailing_list), count in people.items():
        click.echo(f"{count:,} lines about {account}, {mailing_list or 'no list'}")
    click.echo(f"{good:,} lines hold, {bad:,} do not.")
    return REFUSED if bad else HOLDS


def _unsigned(text: str, keys: Mapping[str, PublishedKey]) -> PortableFault | None:
    """Return what is wrong with a line's signature: an import takes a no without one."""
    try:
        check_signature(read_line(text.encode()), keys)
    except PortableRefused as refused:
        return refused.fault
    return None

"""`mailflatrate inspect`: what a bounce, a report or an answer means. No database, no Django."""

import json
from pathlib import Path

import click

from mailflatrate.mail.inspect import inspect_paths


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--jsonl", is_flag=True, help="One JSON object a message.")
def inspect_command(paths: tuple[Path, ...], jsonl: bool) -> None:
    """Say what each message in PATHS (files or folders) means."""
    for found in inspect_paths(paths):
        if jsonl:
            click.echo(json.dumps(found, ensure_ascii=False))
            continue
        recipients = found["recipients"]
        who = ", ".join(map(str, recipients)) if isinstance(recipients, list | tuple) else ""
        who = who or "nobody in particular"
        click.echo(f"{found['file']}: {found['kind']}, {who}, {found['status'] or '-'} {found['reason'] or ''}")

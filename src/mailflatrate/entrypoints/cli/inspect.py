"""`mailflatrate inspect`: explain a bounce, a complaint report or a reply. No database, no Django."""

import json
import sys
from pathlib import Path

import click

from mailflatrate.mail.inspect import inspect_paths, inspect_reply


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--jsonl", is_flag=True, help="Print one JSON object per message.")
@click.option(
    "--replies",
    is_flag=True,
    help="Read one SMTP reply per line from standard input and print one JSON object for each.",
)
def inspect_command(paths: tuple[Path, ...], jsonl: bool, replies: bool) -> None:
    """Explain each message in PATHS (files or folders), or with --replies each SMTP reply on standard input."""
    if replies:
        if paths:
            raise click.UsageError("--replies reads standard input. Leave out PATHS.")
        for line in sys.stdin.buffer:
            if reply := line.decode("utf-8", "replace").strip():
                click.echo(json.dumps(inspect_reply(reply), ensure_ascii=False))
        return
    if not paths:
        raise click.UsageError("Name at least one file or folder, or use --replies.")
    for report in inspect_paths(paths):
        if jsonl:
            click.echo(json.dumps(report, ensure_ascii=False))
            continue
        recipients = report["recipients"]
        who = ", ".join(map(str, recipients)) if isinstance(recipients, list | tuple) else ""
        who = who or "no recipient"
        click.echo(f"{report['file']}: {report['kind']}, {who}, {report['status'] or '-'} {report['reason'] or ''}")

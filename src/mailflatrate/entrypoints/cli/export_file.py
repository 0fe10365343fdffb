"""Writes one export to a file on this host: the part of `mailflatrate export` that needs the database."""

import os
import shutil
import sys
from pathlib import Path
from typing import IO

import click

from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.actions import exports
from mailflatrate.apps.lists.errors import ExportProblem
from mailflatrate.apps.lists.exports.runner import run_export
from mailflatrate.apps.lists.models import ExportContent, ExportFormat, ExportState
from mailflatrate.base import tenancy

SOURCE = "cli.export"


def write_file(file: Path, account_id: int, content: str, file_format: str | None, list_name: str | None) -> None:
    """Run an export to its end and copy its file. Raises UsageError if it could not start."""
    wanted = file_format or file.suffix.lstrip(".").lower()
    if wanted not in set(ExportFormat):
        raise click.UsageError("Name the format: --format csv, xlsx or ndjson.")
    if file.exists():
        raise click.UsageError(f"{file} exists already; name a new file")
    try:
        with tenancy.account(account_id):
            mailing_list = queries.find_list(list_name) if list_name else None
            if list_name and mailing_list is None:
                raise click.UsageError(f"account {account_id} has no list {list_name!r}")
            job = exports.start_export(
                ExportContent(content),
                ExportFormat(wanted),
                list_id=mailing_list.id if mailing_list else None,
                by=None,
                source=SOURCE,
                enqueue=False,
            )
    except ExportProblem as problem:
        raise click.UsageError(str(problem)) from problem
    run_export(account_id, job.id, on_page=_show_progress)
    with tenancy.account(account_id):
        job.refresh_from_db()
        if job.state != ExportState.DONE:
            click.echo(f"{job.state}: {job.problem}", err=True)
            sys.exit(1)
        with exports.open_export(job.id, by=None, source=SOURCE) as octets, _new_file(file) as target:
            shutil.copyfileobj(octets, target)
        exports.delete_export(job.id, by=None, source=SOURCE)
    click.echo(f"{file}\t{job.rows_done}\t{job.file_bytes}\t{job.file_sha256}")


def _new_file(path: Path) -> IO[bytes]:
    """Open a new file that only this user may read: it holds everyone's personal data."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{done:,} of {total:,}\r")
        sys.stderr.flush()

"""`mailflatrate import`: the same import as in the browser, with its progress and report in the terminal."""

import csv
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailflatrate.entrypoints.boot import database

if TYPE_CHECKING:
    from mailflatrate.apps.lists.models import Import

_PROGRESS_SECONDS = 0.5


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", "account_id", type=int, required=True, help="Number of the account.")
@click.option("--list", "list_name", required=True, help="Name or number of the list.")
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="email=E-Mail, attribute:city=Ort, ...")
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows to this CSV.")
@click.option("--columns", is_flag=True, help="Only show the columns and what they are taken for.")
def import_command(
    file: Path, account_id: int, list_name: str, pairs: tuple[str, ...], refused: Path | None, columns: bool
) -> None:
    """Import FILE (CSV or a spreadsheet) of contacts with their proof of consent.

    Columns are recognised by their titles; each --map changes one of them, `--map FIELD=` leaves a field out. Exits
    with 1 when the import failed or was cancelled, 2 when it could not begin.
    """
    with database() as settings:
        from mailflatrate.apps.lists import actions, queries
        from mailflatrate.apps.lists.errors import ListError, OriginNeeded
        from mailflatrate.apps.lists.intake.runner import run_import
        from mailflatrate.apps.lists.jobs import check_import
        from mailflatrate.base import tenancy

        try:
            mapping = _mapping(actions.read_head(file).mapping, pairs)
            if columns:
                for field, column in mapping.items():
                    click.echo(f"{field}={column}")
                return
            with tenancy.account(account_id):
                target = queries.find_list(list_name)
                if target is None:
                    raise click.UsageError(f"account {account_id} has no list {list_name!r}")
                with file.open("rb") as stream:
                    job = actions.start_import(target.id, stream, file.name, mapping, enqueue=False)
        except OriginNeeded as problem:
            page = f"{settings.public_url}/studio/lists/{problem.list_id}/origin/"
            raise click.UsageError(f"{problem}: {page}") from problem
        except ListError as problem:
            raise click.UsageError(str(problem)) from problem
        run_import(account_id, job.id, on_slice=_Progress(job.file_bytes))
        check_import(account_id, job.id)
        with tenancy.account(account_id):
            done = queries.get_import(job.id)
            assert done is not None
            if refused is not None:
                with refused.open("w", encoding="utf-8", newline="") as out:
                    out.writelines(actions.refused_csv(job.id))
        _report(done)
        if done.state != "done":
            sys.exit(1)


def _mapping(suggested: dict[str, str], pairs: tuple[str, ...]) -> dict[str, str]:
    """The suggestion with the caller's changes; a column that he names is taken away from what we took it for."""
    mapping = dict(suggested)
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--map wants FIELD=COLUMN, not {pair!r}")
        asked = {other.partition("=")[0] for other in pairs}
        mapping = {name: title for name, title in mapping.items() if title != column or name in asked}
        mapping[field] = column
    return {name: title for name, title in mapping.items() if title}


class _Progress:
    """One line on standard error, rewritten in a terminal, at most twice a second."""

    def __init__(self, total_bytes: int) -> None:
        self._total_bytes = max(total_bytes, 1)
        self._began = self._shown = time.monotonic()

    def __call__(self, rows: int, position_bytes: int) -> None:
        now = time.monotonic()
        if now - self._shown < _PROGRESS_SECONDS:
            return
        self._shown = now
        share = min(100, position_bytes * 100 // self._total_bytes)
        end = "\r" if sys.stderr.isatty() else "\n"
        sys.stderr.write(f"{share:3d} %  {rows:,} rows  {rows / (now - self._began):,.0f} rows/s{end}")
        sys.stderr.flush()


def _report(done: "Import") -> None:
    table = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    table.writerow(("state", done.state))
    if done.problem:
        table.writerow(("problem", done.problem))
    for name in ("rows_read", "accepted", "updated", "unchanged"):
        table.writerow((name, getattr(done, name)))
    table.writerow(("checked", done.check_state or "not yet"))
    for name, reasons in (("quarantined", done.quarantined), ("refused", done.refused)):
        table.writerow((name, sum(reasons.values())))
        for reason, rows in sorted(reasons.items(), key=lambda item: -item[1]):
            table.writerow((f"{name}: {reason}", rows))

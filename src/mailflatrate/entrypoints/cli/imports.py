"""`mailflatrate import`: the same import as in the browser, with its progress and report in the terminal."""

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailflatrate.apps.lists.errors import ListError, OriginNeeded
from mailflatrate.apps.lists.intake.import_options import ImportTerms
from mailflatrate.apps.lists.intake.questions import ImportAsks
from mailflatrate.apps.lists.intake.table_files import tables_in
from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.dry_run import dry_run_command, split_pair

if TYPE_CHECKING:
    from mailflatrate.apps.lists.actions.imports import FilePreview
    from mailflatrate.apps.lists.models import Import

_PROGRESS_SECONDS = 0.5
_HOW_TO_ANSWER = (
    "(Answer with --map state=COLUMN or another status field, --no-status COLUMN=REASON, --all-rows, or --dates.)"
)


class _FileOrCommand(click.Group):
    """A command group in which `import FILE ...` imports a file, and `import recheck` is a separate command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Treat arguments that do not begin with a command as those for a file, or for a dry run of some."""
        if "--dry-run" in args:
            return super().parse_args(ctx, ["dry-run", *(arg for arg in args if arg not in ("--dry-run", "file"))])
        named = args[:1] and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["file", *args])


@click.group(cls=_FileOrCommand, subcommand_metavar="FILE [OPTIONS] | --dry-run FILE... | recheck [OPTIONS]")
def import_command() -> None:
    """Import a FILE of contacts with their proof of consent, or recheck what was imported earlier.

    `mailflatrate import file --help` lists the options of a FILE, `mailflatrate import dry-run --help` those of a dry
    run.
    """


import_command.add_command(dry_run_command)


@import_command.command("file")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@click.option("--account", "account_id", type=int, required=True, help="ID of the account.")
@click.option("--list", "list_name", required=True, help="Name or ID of the list.")
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="email=E-Mail, attribute:city=Ort, ...")
@click.option("--all-rows", default="", help="Status of everyone in the file: unsubscribed, bounced, ..., by_row.")
@click.option(
    "--no-status", multiple=True, metavar="COLUMN=REASON", help="The column looks like a status but isn't one."
)
@click.option("--unread-noes", type=int, default=0, help="How many opt-outs without an address may be left out.")
@click.option("--time-zone", default="", help="Time zone of times without one. Default: the account's.")
@click.option("--dates", default="", help="day_first or month_first, for columns whose dates are ambiguous.")
@click.option("--system", default="", help="The system that wrote the file. Default: recognized by its columns.")
@click.option("--source", default="", help="Where everyone signed up, if no column says so: a page or a form.")
@click.option("--form-url", default="", help="Address of the sign-up form, for everyone.")
@click.option("--wording", default="", help="What people agreed to, for everyone.")
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused rows to this CSV.")
@click.option("--columns", is_flag=True, help="Only show the columns and how they are interpreted.")
def file_command(
    files: tuple[Path, ...],
    account_id: int,
    list_name: str,
    pairs: tuple[str, ...],
    no_status: tuple[str, ...],
    dates: str,
    refused: Path | None,
    columns: bool,
    **stated: str,
) -> None:
    """Import FILES (CSV, JSON lines, spreadsheets, or the ZIP of an audience) of contacts with their proof of consent.

    Columns are recognized by their titles and values, and by the system that exported them; each --map changes one of
    them, `--map FIELD=` drops a field. A column that looks like a status (unsubscribed, bounced, ...) has to be mapped
    to one, or named in --no-status with the reason. Of several files, those of people who opted out are imported first.
    Exits with 1 if an import failed or was canceled, 2 if one could not start.
    """
    with database() as settings, _problems_as_usage(settings.public_url), tables_in(files) as tables:
        from mailflatrate.apps.lists import queries
        from mailflatrate.apps.lists.actions import import_sets, imports
        from mailflatrate.base import tenancy

        results: list[bool] = []
        for plan in import_sets.plan_set(tables, stated["system"]):
            if len(tables) > 1:
                click.echo(f"{plan.file.name}{'' if plan.has_people else ': no email addresses'}", err=True)
            mapping = _mapping(plan.head.mapping, pairs)
            if columns:
                _show_columns(plan.head, mapping)
            elif plan.has_people or len(tables) == 1:
                with tenancy.account(account_id):
                    target = queries.find_list(list_name)
                    if target is None:
                        raise click.UsageError(f"account {account_id} has no list {list_name!r}")
                    terms = _terms(plan.head.terms, stated, no_status, dates)
                    name = plan.file.name
                    with plan.file.path.open("rb") as stream:
                        job = imports.start_import(target.id, stream, name, mapping, terms=terms, enqueue=False)
                results.append(_run(account_id, job, refused, "a" if results else "w"))
        if not all(results):
            sys.exit(1)


def _run(account_id: int, job: "Import", refused: Path | None, mode: str) -> bool:
    """Run an import to its end and report it; return whether it was done. `mode`: that of opening `refused`."""
    from mailflatrate.apps.lists.actions import rejected_rows
    from mailflatrate.apps.lists.intake.runner import run_import
    from mailflatrate.apps.lists.jobs import check_import
    from mailflatrate.base import tenancy

    run_import(account_id, job.id, on_slice=_Progress(job.file_bytes))
    check_import(account_id, job.id)
    with tenancy.account(account_id):
        job.refresh_from_db()
        if refused is not None:
            with refused.open(mode, encoding="utf-8", newline="") as out:
                out.writelines(rejected_rows.refused_csv(job.id))
    _report(job)
    return job.state == "done"


def _terms(suggested: ImportTerms, stated: dict[str, str], no_status: tuple[str, ...], dates: str) -> ImportTerms:
    """Return the suggested terms with what the caller stated."""
    reasons = dict(split_pair(text, "--no-status takes COLUMN=REASON") for text in no_status)
    given = {name: value for name, value in stated.items() if value}
    return ImportTerms.from_json({**suggested.as_json(), **given, "no_status": reasons, "date_order": dates})


@contextmanager
def _problems_as_usage(public_url: str) -> Iterator[None]:
    """Turn what is wrong with a file, or is still to be answered, into usage errors."""
    try:
        yield
    except OriginNeeded as problem:
        raise click.UsageError(f"{problem}: {public_url}/studio/lists/{problem.list_id}/origin/") from problem
    except ImportAsks as asks:
        raise click.UsageError(f"{asks} {_HOW_TO_ANSWER}") from asks
    except ListError as problem:
        raise click.UsageError(str(problem)) from problem


def _show_columns(head: "FilePreview", mapping: dict[str, str]) -> None:
    for field, column in mapping.items():
        click.echo(f"{field}={column}")
    for question in head.questions:
        click.echo(question.sentence, err=True)


def _mapping(suggested: dict[str, str], pairs: tuple[str, ...]) -> dict[str, str]:
    """Apply the caller's changes to the suggestion; a column they name loses the field we suggested for it."""
    mapping = dict(suggested)
    for pair in pairs:
        field, column = split_pair(pair, "--map takes FIELD=COLUMN")
        asked = {other.partition("=")[0] for other in pairs}
        mapping = {name: title for name, title in mapping.items() if title != column or name in asked}
        mapping[field] = column
    return {name: title for name, title in mapping.items() if title}


class _Progress:
    """A progress line on standard error, rewritten in a terminal, at most twice a second."""

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
        sys.stderr.write(f"{share:3d}%  {rows:,} rows  {rows / (now - self._began):,.0f} rows/s{end}")
        sys.stderr.flush()


def _report(done: "Import") -> None:
    table = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    table.writerow(("state", done.state))
    if done.problem:
        table.writerow(("problem", done.problem))
    for name in ("rows_read", "accepted", "updated", "unchanged"):
        table.writerow((name, getattr(done, name)))
    table.writerow(("checked", done.check_state or "not yet"))
    for title, words in done.terms.get("unknown_words", {}).items():
        for word, rows in words.items():
            table.writerow((f"unknown status in {title}: {word}", rows))
    for name, reasons in (("quarantined", done.quarantined), ("refused", done.refused)):
        table.writerow((name, sum(reasons.values())))
        for reason, rows in sorted(reasons.items(), key=lambda item: -item[1]):
            table.writerow((f"{name}: {reason}", rows))


@import_command.command("recheck")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", "account_id", type=int, help="Check only this account. Required with FILES.")
@click.option("--apply", "confirmed", is_flag=True, help="Suppress the contacts found without asking.")
def recheck_command(files: tuple[Path, ...], account_id: int | None, confirmed: bool) -> None:
    """Find contacts that an earlier import accepted although their file says no, and suppress them once you confirm.

    Checks the files of imports that are still stored, the columns that were stored as attributes, and FILES, your own
    copies. Prints one line per contact. Exits with 1 if contacts were found and not suppressed.
    """
    with database():
        from mailflatrate.apps.accounts.models import Account
        from mailflatrate.apps.lists.actions import import_recheck
        from mailflatrate.base import tenancy

        if files and account_id is None:
            raise click.UsageError("Say which account the files belong to: --account ID.")
        with tenancy.platform(tenancy.PlatformReason.HOUSEKEEPING):
            accounts = [account_id] if account_id else list(Account.objects.order_by("id").values_list("id", flat=True))
        table = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
        found = {}
        for number in accounts:
            with tenancy.account(number):
                try:
                    found[number] = import_recheck.recheck_imports(files)
                except ListError as problem:
                    raise click.UsageError(str(problem)) from problem
            for one in found[number]:
                said = one.said
                table.writerow(
                    (
                        number,
                        one.email,
                        said.status.value,
                        one.file_name,
                        said.line or "",
                        said.column,
                        said.text.strip(),
                    )
                )
        people = sum(map(len, found.values()))
        click.echo(f"{people} found", err=True)
        if not people:
            return
        if not confirmed and sys.stdin.isatty():
            confirmed = click.confirm(f"Suppress these {people} contacts?", err=True)
        if not confirmed:
            sys.exit(1)
        for number, ones in found.items():
            with tenancy.account(number):
                import_recheck.suppress_rechecked(ones)
        click.echo(f"{people} suppressed", err=True)

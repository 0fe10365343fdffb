"""`mailflatrate import --dry-run FILE... | recheck`: what an import would do, and should have done."""

import csv
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from django.conf import settings as django_settings

from mailflatrate.apps.intake.dry_runs.dry_run import DryRunner
from mailflatrate.apps.intake.dry_runs.dry_run_options import DryRunOptions
from mailflatrate.apps.intake.dry_runs.dry_run_result import DryRun
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.reading.import_options import ALL_ROWS, DATE_ORDERS, ImportTerms
from mailflatrate.apps.intake.reading.table_files import tables_in
from mailflatrate.apps.lists.errors import ImportProblem, ListError
from mailflatrate.base import clock
from mailflatrate.entrypoints.boot import database
from mailflatrate.locale.formats import written_rate
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.addresses import ResolverFacts
from mailflatrate.rules.proof.record import MalformedRecord
from mailflatrate.rules.proof.signature import PublishedKey, read_keys
from mailflatrate.rules.systems.profile import profiles
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import DnsResolver, ask_domains


class _DryRunOrCommand(click.Group):
    """A command group in which `--dry-run` among the arguments is the command of that name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--dry-run" in args:
            args = ["dry-run", *(arg for arg in args if arg != "--dry-run")]
        return super().parse_args(ctx, args)


@click.group(cls=_DryRunOrCommand, subcommand_metavar="--dry-run FILE... | recheck [OPTIONS]")
def import_command() -> None:
    """Show what an import of files would do, or recheck what was imported earlier.

    `mailflatrate import dry-run --help` lists the options of a dry run.
    """


@import_command.command("dry-run")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--system", default="", help=f"The system that wrote the files: {', '.join(profiles())}.")
@click.option("--source", default="", help="Where everyone signed up, if no column says so: a page or a form.")
@click.option("--form-url", default="", help="Address of the sign-up form, for everyone.")
@click.option("--wording", default="", help="What people agreed to, for everyone.")
@click.option("--last-mailed", type=click.DateTime(["%Y-%m-%d"]), help="Date of your last campaign to these people.")
@click.option("--time-zone", default="", help="Time zone of times without one. Default: the system's, or UTC.")
@click.option(
    "--date-order",
    "--dates",
    "dates",
    multiple=True,
    metavar="[COLUMN=]ORDER",
    help=f"{' or '.join(DATE_ORDERS)}, for ambiguous dates in all columns or in one.",
)
@click.option("--all-rows", default="", help=f"Status of everyone: {', '.join(ALL_ROWS)}.")
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="email=E-Mail, attribute:city=Ort, ...")
@click.option(
    "--no-status", multiple=True, metavar="COLUMN=REASON", help="The column looks like a status but isn't one."
)
@click.option(
    "--keys",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Published keys that verify signed lines of consent.",
)
@click.option("--check-domains", is_flag=True, help="Ask the DNS which domains accept mail, as an import does.")
@click.option("--rows", type=click.Path(dir_okay=False, path_type=Path), help="Write every row's verdict to this CSV.")
def dry_run_command(
    files: tuple[Path, ...],
    as_json: bool,
    last_mailed: datetime | None,
    dates: tuple[str, ...],
    pairs: tuple[str, ...],
    no_status: tuple[str, ...],
    keys: tuple[Path, ...],
    check_domains: bool,
    rows: Path | None,
    **stated: str,
) -> None:
    """Show what an import of FILES would do, without writing anything. Needs no account, list or database.

    FILES are CSV, spreadsheets, JSON lines or the ZIP that the previous system made. Everyone is put on one of three
    piles: mailable (the proof of consent is complete), ask (it isn't), never (they unsubscribed, bounced, complained,
    or the address is refused). An opt-out applies to all files. Exits with 2 for a file that can't be read.
    """
    if not django_settings.configured:
        django_settings.configure(USE_I18N=False)
    try:
        answers = ImportTerms(
            **stated,
            no_status=dict(_split_pair(text, "--no-status takes COLUMN=REASON") for text in no_status),
            date_order=next((order for order in reversed(dates) if "=" not in order), ""),
            date_orders=dict(order.rsplit("=", 1) for order in dates if "=" in order),
            field_types={},
            unread_noes=0,
        )
        with tables_in(files) as tables:
            runner = DryRunner(
                tables,
                answers,
                clock.now(),
                DryRunOptions(
                    mapping=dict(_split_pair(pair, "--map takes FIELD=COLUMN") for pair in pairs),
                    last_mailed_at=None if last_mailed is None else last_mailed.replace(tzinfo=UTC),
                    trusted_keys=_keys_in(keys),
                    facts_of=_ask_domains if check_domains else None,
                ),
            )
            result = runner.run()
            if rows is not None:
                _write_rows(runner, rows)
    except ImportProblem as problem:
        raise click.UsageError(str(problem)) from problem
    if as_json:
        click.echo(json.dumps(result.as_json(), ensure_ascii=False))
    else:
        _report(result)


def _split_pair(text: str, syntax: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{syntax}, not {text!r}")
    return name, value


def _keys_in(files: tuple[Path, ...]) -> dict[str, PublishedKey]:
    keys: dict[str, PublishedKey] = {}
    for path in files:
        try:
            keys |= read_keys(path.read_bytes())
        except (OSError, MalformedRecord) as problem:
            raise click.UsageError(f"{path.name} holds no published keys: {problem}") from problem
    return keys


def _ask_domains(domains: Sequence[str]) -> dict[str, ResolverFacts]:
    settings = load_settings()
    servers = [server.strip() for server in settings.dns_servers.split(",") if server.strip()]
    resolver = DnsResolver(servers or None, timeout_seconds=settings.dns_timeout_seconds)
    return {
        domain: ResolverFacts(resolves=bool(seen.can_receive) or seen.is_null, null_mx=seen.is_null)
        for domain, seen in ask_domains(domains, resolver).items()
    }


def _write_rows(runner: DryRunner, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(("file", "line", "email", "pile", "reason"))
        table.writerows((row.file, row.line, row.email, row.pile.value, row.reason) for row in runner.rows())


def _report(result: DryRun) -> None:
    table = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    table.writerow(("system", result.system or "unknown"))
    table.writerow(("rows", result.rows))
    for pile in Pile:
        reasons = result.pile(pile)
        table.writerow((pile.value, sum(reasons.values())))
        for reason, count in reasons.items():
            if reason:
                table.writerow((f"{pile.value}: {reason}", count))
    for review in result.reviews:
        percent = written_rate(review.percent, ENGLISH, review.limit_percent)
        table.writerow((f"held for review: {review.kind} in {review.file}", f"{review.count} ({percent})"))
    for (title, word), count in result.unknown.most_common(30):
        table.writerow((f"unknown status in {title}: {word}", count))
    for title, target in result.columns.items():
        table.writerow((f"column: {title}", target or "left out"))
    for question in result.questions:
        where = " ".join(part for part in (question.file, question.column) if part)
        click.echo(
            f"{where}: {question.sentence}" + (f" ({question.people} people)" if question.people else ""), err=True
        )


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
        from mailflatrate.apps.intake.actions import import_recheck
        from mailflatrate.base import tenancy

        if files and account_id is None:
            raise click.UsageError("Say which account the files belong to: --account ID.")
        with tenancy.platform(tenancy.PlatformReason.HOUSEKEEPING):
            accounts = [account_id] if account_id else list(Account.objects.order_by("id").values_list("id", flat=True))
        table = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
        contacts = {}
        for number in accounts:
            with tenancy.account(number):
                try:
                    contacts[number] = import_recheck.recheck_imports(files)
                except ListError as problem:
                    raise click.UsageError(str(problem)) from problem
            for contact in contacts[number]:
                status = contact.said
                place = (contact.file_name, status.line or "", status.column, status.text.strip())
                table.writerow((number, contact.email, status.status.value, *place))
        people = sum(map(len, contacts.values()))
        click.echo(f"{people} found", err=True)
        if not people:
            return
        if not confirmed and sys.stdin.isatty():
            confirmed = click.confirm(f"Suppress these {people} contacts?", err=True)
        if not confirmed:
            sys.exit(1)
        for number, rechecked in contacts.items():
            with tenancy.account(number):
                import_recheck.suppress_rechecked(rechecked)
        click.echo(f"{people} suppressed", err=True)

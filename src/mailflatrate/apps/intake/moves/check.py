"""Checks the files of a move by a dry run with what the account knows."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, time
from functools import partial

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.domains.mailable import known_facts
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.dry_runs.dry_run import DryRunner
from mailflatrate.apps.intake.dry_runs.dry_run_options import DryRunOptions
from mailflatrate.apps.intake.dry_runs.dry_run_result import REFUSALS, MoveQuestion
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.models import Move, MoveFetch, MoveState
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.intake.moves.known_people import known_on_list
from mailflatrate.apps.intake.moves.result import result_of
from mailflatrate.apps.intake.proof_sources import ProofSources
from mailflatrate.apps.intake.reading.table_files import TableFile
from mailflatrate.apps.lists.addresses import surroundings
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin
from mailflatrate.apps.lists.trusted_keys import keys_for_import
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import canonical_address_key
from mailflatrate.base.long_task import OUR_ERROR, ends_on_error
from mailflatrate.base.session_lock import session_lock

CHECK_MOVE_JOB = "intake.check_move"
_LOCK_SPACE = 0x6D6F7665 << 32


class _Outdated(Exception):
    """Discarded, or answered anew, while its files were read."""


def check_move(account_id: int, move_id: int) -> None:
    """Raises a lost database or storage (the job is retried); any other problem ends it as FAILED."""
    with session_lock(_LOCK_SPACE + move_id) as free:
        if not free:
            return
        while (move := _to_check(account_id, move_id)) is not None:
            with ends_on_error("move check", partial(_end, move, MoveState.FAILED, problem=OUR_ERROR), move_id=move_id):
                try:
                    _check(move)
                except _Outdated:
                    continue  # the newer answers, if there are some
                except ImportProblem as problem:
                    _end(move, MoveState.FAILED, problem=str(problem))


def _to_check(account_id: int, move_id: int) -> Move | None:
    with tenancy.account(account_id):
        return Move.objects.filter(id=move_id, state=MoveState.CHECKING).first()


def _check(move: Move) -> None:
    with opened_tables(move) as tables:
        runner = runner_of(move, tables, on_progress=lambda octets: _advance(move, octets))
        dry_run = runner.run()
        dry_run.questions += _missing_refusals(move)
        result = result_of(runner, dry_run)
    _end(move, MoveState.READY, result=result.as_json(), people_to_ask=result.people(Pile.ASK))


def _missing_refusals(move: Move) -> list[MoveQuestion]:
    with tenancy.account(move.account_id):
        names = MoveFetch.objects.filter(move_id=move.id).values_list("refusals_missing", flat=True).first() or []
    text = _("The API key can't read “%(file)s”. Some people who must not be emailed may be missing.")
    return [MoveQuestion(REFUSALS, name, "", text % {"file": name}, 0) for name in names]


@contextmanager
def opened_tables(move: Move) -> Iterator[list[TableFile]]:
    """On this host's disk. Raises ImportProblem if one no longer exists."""
    with ExitStack() as held:
        paths = [held.enter_context(uploads.opened_for(move.account_id, file["path"])) for file in move.files]
        yield [TableFile(file["name"], path, file["archive"]) for file, path in zip(move.files, paths, strict=True)]


def runner_of(move: Move, tables: list[TableFile], *, on_progress: Callable[[int], None] | None = None) -> DryRunner:
    """Raises ImportProblem."""
    answers = MoveAnswers.from_json(move.answers)
    with tenancy.account(move.account_id):
        account = Account.objects.only("country", "time_zone").get(id=move.account_id)
        around = surroundings()
        origin = origin_in_use(move.mailing_list_id)
        keys = keys_for_import(move.account_id)
    mailed_on = origin.last_mailed_on if origin is not None else None
    options = DryRunOptions(
        choices=answers.columns,
        all_rows={int(number): status for number, status in answers.all_rows.items()},
        last_mailed_at=datetime.combine(mailed_on, time(), UTC) if mailed_on is not None else answers.last_mailed_at,
        own_domains=around.own_domains,
        own_addresses=around.own_addresses,
        allow_reserved=around.allow_reserved,
        country=account.country,
        time_zone=account.time_zone,
        on_progress=on_progress,
        key_of=canonical_address_key,
        origin_source=origin.form_urls[0] if origin is not None and origin.form_urls else "",
        known_of=partial(known_on_list, move.account_id, move.mailing_list_id),
        facts_of=known_facts,
        trusted_keys=keys,
        source_of=ProofSources(move.account_id),
    )
    return DryRunner(tables, answers.terms, clock.now(), options)


def origin_in_use(list_id: int) -> ListOrigin | None:
    """None if there is none (R-10)."""
    usable = (DeclarationState.WAITING, DeclarationState.ASKED, DeclarationState.APPROVED)
    origins = ListOrigin.objects.filter(mailing_list_id=list_id, state__in=usable)
    return origins.defer("screenshot").order_by("-version").first()


def _advance(move: Move, octets: int) -> None:
    """Raises _Outdated."""
    with tenancy.account(move.account_id):
        if not _current(move).update(bytes_done=min(octets, move.bytes_total)):
            raise _Outdated


def _end(move: Move, state: MoveState, *, problem: str = "", **values: object) -> None:
    with tenancy.account(move.account_id):
        _current(move).update(state=state, problem=problem, **values)


def _current(move: Move) -> QuerySet[Move]:
    return Move.objects.filter(id=move.id, state=MoveState.CHECKING, run=move.run)

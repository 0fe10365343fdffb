"""Background jobs of imports, moves and suppression files."""

from datetime import timedelta
from typing import Any

from django.db.models import Q

from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.apps.domains.mailable import look_up
from mailflatrate.apps.intake import uploads
from mailflatrate.apps.intake.actions import import_checks, moves, origin_decisions
from mailflatrate.apps.intake.actions.fetches import FETCH_MOVE_JOB, KEY_KEPT_FOR, expire_key, resume_fetch
from mailflatrate.apps.intake.actions.moves import START_MOVE_JOB
from mailflatrate.apps.intake.fetch_runner import fetch_files
from mailflatrate.apps.intake.models import (
    FETCH_MOVES,
    OPEN_MOVES,
    Import,
    ImportState,
    Move,
    MoveFetch,
    MoveState,
    SuppressionFile,
)
from mailflatrate.apps.intake.moves.check import CHECK_MOVE_JOB
from mailflatrate.apps.intake.moves.check import check_move as check_files
from mailflatrate.apps.intake.runner import CHECK_JOB, ImportRunner
from mailflatrate.apps.intake.suppression_files.runner import SuppressionFileRunner
from mailflatrate.base import clock, long_task, tenancy
from mailflatrate.base.jobs import JobQueue, defer, job
from mailflatrate.base.long_task import TaskRunner
from mailflatrate.base.tenancy import PlatformReason

ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)
ABANDONED_AFTER = timedelta(days=2)

RUNNERS: tuple[TaskRunner[Any], ...] = (ImportRunner(), SuppressionFileRunner())
long_task.register_jobs(*RUNNERS)


@job("intake.resume_tasks", JobQueue.HOUSE, every="* * * * *")
def resume_tasks(timestamp: int) -> None:
    long_task.resume_tasks(*(runner.model for runner in RUNNERS))


@job(CHECK_JOB, JobQueue.IMPORT)
def check_import(account_id: int, import_id: int) -> None:
    """DNS lookups run outside any transaction."""
    with tenancy.account(account_id):
        domains = import_checks.domains_to_ask(import_id)
    look_up(domains, configured_resolver())
    with tenancy.account(account_id):
        import_checks.check_import(import_id)


@job("intake.settle_people", JobQueue.IMPORT)
def settle_people(account_id: int, origin_id: int | None, import_id: int | None, after: int) -> None:
    origin_decisions.settle_people(account_id, origin_id=origin_id, import_id=import_id, after=after)


@job(FETCH_MOVE_JOB, JobQueue.IMPORT)
def fetch_move(account_id: int, move_id: int) -> None:
    fetch_files(account_id, move_id)


@job("intake.expire_keys", JobQueue.HOUSE, every="*/15 * * * *")
def expire_keys(timestamp: int) -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        kept = MoveFetch.objects.exclude(key_sealed="")
        is_old = Q(started_at__lt=clock.now() - KEY_KEPT_FOR)
        over = kept.filter(is_old | ~Q(move__state__in=[*FETCH_MOVES, MoveState.FAILED]))
        expired = list(over.values_list("account_id", "move_id"))
    for account_id, move_id in expired:
        with tenancy.account(account_id):
            expire_key(move_id)


@job(CHECK_MOVE_JOB, JobQueue.IMPORT)
def check_move(account_id: int, move_id: int) -> None:
    check_files(account_id, move_id)


@job(START_MOVE_JOB, JobQueue.IMPORT)
def start_move(account_id: int, move_id: int) -> None:
    moves.begin_imports(account_id, move_id)


@job("intake.resume_moves", JobQueue.HOUSE, every="* * * * *")
def resume_moves(timestamp: int) -> None:
    """Of dead workers; harmless for running ones, because only one runner gets the lock."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        recent = Move.objects.filter(created_at__gt=clock.now() - ABANDONED_AFTER)
        for account_id, move_id in recent.filter(state=MoveState.CHECKING).values_list("account_id", "id"):
            once = f"resume-check:{move_id}"
            defer(CHECK_MOVE_JOB, JobQueue.IMPORT, once=once, account_id=account_id, move_id=move_id)
        for account_id, move_id in recent.filter(state=MoveState.FETCHING).values_list("account_id", "id"):
            resume_fetch(account_id, move_id)
        for account_id, move_id in recent.filter(state=MoveState.STARTING).values_list("account_id", "id"):
            once = f"resume-start:{move_id}"
            defer(START_MOVE_JOB, JobQueue.IMPORT, once=once, account_id=account_id, move_id=move_id)


@job("intake.sweep_uploads", JobQueue.HOUSE, every="17 3 * * *")
def sweep_uploads(timestamp: int) -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        old = list(Import.objects.filter(state=ImportState.UPLOADED, created_at__lt=clock.now() - ABANDONED_AFTER))
        left = list(Move.objects.filter(state__in=OPEN_MOVES, created_at__lt=clock.now() - ABANDONED_AFTER))
        needed = set(Import.objects.exclude(state__in=ENDED).values_list("account_id", "file_path"))
        needed |= set(SuppressionFile.under_way().values_list("account_id", "file_path"))
        for account_id, kept in Move.objects.filter(state__in=OPEN_MOVES).values_list("account_id", "files"):
            needed |= {(account_id, file["path"]) for file in kept}
    for abandoned in old:
        with tenancy.account(abandoned.account_id):
            uploads.forget(abandoned.file_path)
            abandoned.delete()
    for move in left:
        with tenancy.account(move.account_id):
            moves.drop_abandoned(move.id)
    uploads.forget_orphans(needed, clock.now() - ABANDONED_AFTER)

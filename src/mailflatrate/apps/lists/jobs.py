"""Background jobs of lists."""

from datetime import timedelta
from typing import Any

from django.db.models import Q

from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.ledger import SEAL_JOB
from mailflatrate.apps.domains.actions.domains import configured_resolver
from mailflatrate.apps.domains.mailable import look_up
from mailflatrate.apps.lists import changes, counts, search, sort_indexes, sync
from mailflatrate.apps.lists.actions import events, field_migration, import_checks, moves, origin_decisions, sunset
from mailflatrate.apps.lists.actions import exports as exports_actions
from mailflatrate.apps.lists.actions.exports import drop_orphans
from mailflatrate.apps.lists.actions.fetches import FETCH_MOVE_JOB, KEY_KEPT_FOR, expire_key, resume_fetch
from mailflatrate.apps.lists.actions.moves import START_MOVE_JOB
from mailflatrate.apps.lists.actions.sunset import SUNSET_JOB
from mailflatrate.apps.lists.bulk.runner import BulkRunner, sweep_items
from mailflatrate.apps.lists.contact_list.sort_indexes import BUILD_JOB
from mailflatrate.apps.lists.exports.runner import AREA, ExportRunner
from mailflatrate.apps.lists.fetch_runner import fetch_files
from mailflatrate.apps.lists.fields import MIGRATE_JOB
from mailflatrate.apps.lists.intake import uploads
from mailflatrate.apps.lists.intake.runner import CHECK_JOB, ImportRunner
from mailflatrate.apps.lists.models import (
    FETCH_MOVES,
    OPEN_MOVES,
    FieldMigration,
    FieldMigrationState,
    Import,
    ImportState,
    Move,
    MoveFetch,
    MoveState,
    SuppressionFile,
)
from mailflatrate.apps.lists.moves.check import CHECK_MOVE_JOB
from mailflatrate.apps.lists.moves.check import check_move as check_files
from mailflatrate.apps.lists.suppression_files.runner import SuppressionFileRunner
from mailflatrate.base import clock, long_task, tenancy
from mailflatrate.base.jobs import JobQueue, defer, job
from mailflatrate.base.long_task import TaskRunner
from mailflatrate.base.storage import files as storage
from mailflatrate.base.tenancy import PlatformReason

ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED)
ABANDONED_AFTER = timedelta(days=2)


RUNNERS: tuple[TaskRunner[Any], ...] = (ImportRunner(), ExportRunner(), BulkRunner(), SuppressionFileRunner())
long_task.register_jobs(*RUNNERS)


@job("lists.resume_tasks", JobQueue.HOUSE, every="* * * * *")
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


@job("lists.settle_people", JobQueue.IMPORT)
def settle_people(account_id: int, origin_id: int | None, import_id: int | None, after: int) -> None:
    origin_decisions.settle_people(account_id, origin_id=origin_id, import_id=import_id, after=after)


@job(SUNSET_JOB, JobQueue.HOUSE, attempts=20)
def withdraw_inactive(account_id: int, campaign_id: int, after: int) -> None:
    last: int | None = after
    while last is not None:
        with tenancy.account(account_id):
            last = sunset.withdraw_inactive(campaign_id, last)


@job(FETCH_MOVE_JOB, JobQueue.IMPORT)
def fetch_move(account_id: int, move_id: int) -> None:
    fetch_files(account_id, move_id)


@job("lists.expire_keys", JobQueue.HOUSE, every="*/15 * * * *")
def expire_keys(timestamp: int) -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        kept = MoveFetch.objects.exclude(key_sealed="")
        is_old = Q(started_at__lt=clock.now() - KEY_KEPT_FOR)
        over = kept.filter(is_old | ~Q(move__state__in=[*FETCH_MOVES, MoveState.FAILED]))
        found = list(over.values_list("account_id", "move_id"))
    for account_id, move_id in found:
        with tenancy.account(account_id):
            expire_key(move_id)


@job(CHECK_MOVE_JOB, JobQueue.IMPORT)
def check_move(account_id: int, move_id: int) -> None:
    check_files(account_id, move_id)


@job(START_MOVE_JOB, JobQueue.IMPORT)
def start_move(account_id: int, move_id: int) -> None:
    moves.begin_imports(account_id, move_id)


@job("lists.resume_moves", JobQueue.HOUSE, every="* * * * *")
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


@job("lists.sweep_uploads", JobQueue.HOUSE, every="17 3 * * *")
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


@job("lists.sweep_exports", JobQueue.HOUSE, every="*/15 * * * *")
def sweep_exports(timestamp: int) -> None:
    exports_actions.expire_exports()
    drop_orphans(AREA, storage.older_files(AREA, clock.now() - ABANDONED_AFTER))


@job(MIGRATE_JOB, JobQueue.IMPORT)
def migrate_fields(account_id: int) -> None:
    field_migration.migrate_fields(account_id)


@job("lists.resume_field_migrations", JobQueue.HOUSE, every="*/5 * * * *")
def resume_field_migrations(timestamp: int) -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        waiting = FieldMigration.objects.exclude(state=FieldMigrationState.DONE).values_list("account_id", flat=True)
        for account_id in waiting:
            defer(MIGRATE_JOB, JobQueue.IMPORT, once=f"migrate-fields:{account_id}", account_id=account_id)


@job("lists.sweep_bulk", JobQueue.HOUSE, every="43 * * * *")
def sweep_bulk(timestamp: int) -> None:
    sweep_items()


@job("lists.sweep_changes", JobQueue.HOUSE, every="53 3 * * *")
def sweep_changes(timestamp: int) -> None:
    changes.sweep_changes()


@job("lists.delete_old_events", JobQueue.HOUSE, every="27 * * * *")
def delete_old_events(timestamp: int) -> None:
    events.delete_old_events()


@job("lists.sweep_touches", JobQueue.HOUSE, every="47 4 * * *")
def sweep_touches(timestamp: int) -> None:
    sync.sweep_touches()


@job(SEAL_JOB, JobQueue.HOUSE, every="* * * * *")
def seal_ledger(timestamp: int) -> None:
    """Seals are time-stamped. Also triggered by every thousandth event."""
    ledger_seals.seal_ledger()
    ledger_seals.stamp_newest()


@job("lists.add_up", JobQueue.HOUSE, every="*/5 * * * *")
def add_up(timestamp: int) -> None:
    counts.add_up()


@job(counts.COUNT_JOB, JobQueue.HOUSE)
def count_mailable(account_id: int) -> None:
    with tenancy.account(account_id):
        counts.count_mailable()


@job("lists.count_large", JobQueue.HOUSE, every="9 * * * *")
def count_large(timestamp: int) -> None:
    """Once an hour, so that today's number is always available."""
    for account_id in counts.large_accounts():
        with tenancy.account(account_id):
            counts.count_mailable()


@job("lists.write_texts", JobQueue.HOUSE, every="* * * * *")
def write_texts(timestamp: int) -> None:
    """Added or renamed since the last run."""
    search.write_texts()


@job(BUILD_JOB, JobQueue.HOUSE)
def build_sort_index(account_id: int, field_id: int) -> None:
    sort_indexes.build_index(account_id, field_id)


@job("lists.keep_sort_indexes", JobQueue.HOUSE, every="* * * * *")
def keep_sort_indexes(timestamp: int) -> None:
    sort_indexes.keep_indexes()

"""Background jobs of lists."""

from mailflatrate.apps.lists import changes, counts, search, sync
from mailflatrate.apps.lists.actions import events, field_migration
from mailflatrate.apps.lists.fields import MIGRATE_JOB
from mailflatrate.apps.lists.models import FieldMigration, FieldMigrationState
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, defer, job
from mailflatrate.base.tenancy import PlatformReason


@job(MIGRATE_JOB, JobQueue.IMPORT)
def migrate_fields(account_id: int) -> None:
    field_migration.migrate_fields(account_id)


@job("lists.resume_field_migrations", JobQueue.HOUSE, every="*/5 * * * *")
def resume_field_migrations(timestamp: int) -> None:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        waiting = FieldMigration.objects.exclude(state=FieldMigrationState.DONE).values_list("account_id", flat=True)
        for account_id in waiting:
            defer(MIGRATE_JOB, JobQueue.IMPORT, once=f"migrate-fields:{account_id}", account_id=account_id)


@job("lists.sweep_changes", JobQueue.HOUSE, every="53 3 * * *")
def sweep_changes(timestamp: int) -> None:
    changes.sweep_changes()


@job("lists.delete_old_events", JobQueue.HOUSE, every="27 * * * *")
def delete_old_events(timestamp: int) -> None:
    events.delete_old_events()


@job("lists.sweep_touches", JobQueue.HOUSE, every="47 4 * * *")
def sweep_touches(timestamp: int) -> None:
    sync.sweep_touches()


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

"""Background jobs of forms."""

from datetime import timedelta

from mailflatrate.apps.forms.actions.form_counts import fold_counts
from mailflatrate.apps.forms.actions.request_expiry import forget_old
from mailflatrate.apps.forms.actions.sign_up import wake_sending
from mailflatrate.apps.forms.queries import queued_since
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason

LATE = timedelta(seconds=20)


@job("forms.forget_old", JobQueue.HOUSE, every="23 * * * *")
def forget(timestamp: int) -> None:
    forget_old()


@job("forms.fold_counts", JobQueue.HOUSE, every="37 * * * *")
def fold(timestamp: int) -> None:
    fold_counts()


@job("forms.sweep", JobQueue.HOUSE, every="* * * * *")
def sweep(timestamp: int) -> None:
    """For sign-ups whose process died after storing them."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        account_ids = queued_since(clock.now() - LATE)
    for account_id in account_ids:
        wake_sending(account_id)

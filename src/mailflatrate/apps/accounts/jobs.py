"""Background jobs of accounts."""

from mailflatrate.apps.accounts import actions
from mailflatrate.apps.accounts.automatic_checks import check_applicant, read_application, vetting_resolver
from mailflatrate.apps.accounts.session_store import SessionStore
from mailflatrate.base import tenancy
from mailflatrate.base.jobs import JobQueue, job
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.vetting.signals import signals


@job("accounts.gather_signals", JobQueue.HOUSE, attempts=3)
def gather_signals(account_id: int) -> None:
    """Check what an applicant named and save the findings for the reviewer (R-03)."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        asked = read_application(account_id)
    actions.keep_signals(account_id, list(signals(check_applicant(asked, vetting_resolver()))))


@job("accounts.forget_unproved", JobQueue.HOUSE, every="17 3 * * *")
def forget_unproved(timestamp: int) -> None:
    """Delete addresses left on the application page and never proved."""
    actions.forget_unproved()
    actions.forget_changes()
    actions.forget_invitations()
    SessionStore.clear_expired()


@job("accounts.forget_answers", JobQueue.HOUSE, every="23 * * * *")
def forget_answers(timestamp: int) -> None:
    """Delete stored API responses older than a day."""
    actions.forget_answers()


@job("accounts.send_password_reset", JobQueue.EXPRESS, attempts=3)
def send_password_reset(user_id: int) -> None:
    """Mail the link that sets a new password."""
    actions.send_password_reset(user_id)

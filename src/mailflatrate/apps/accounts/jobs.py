"""Background jobs of accounts."""

from mailflatrate.apps.accounts.actions import addresses, invitations, keys, passwords, vetting
from mailflatrate.apps.accounts.session_store import SessionStore
from mailflatrate.base.jobs import JobQueue, job


@job("accounts.gather_signals", JobQueue.HOUSE, attempts=3)
def gather_signals(account_id: int) -> None:
    from mailflatrate.apps.accounts.automatic_checks import gathered  # senders register this job and never run it

    vetting.keep_signals(account_id, gathered(account_id))


@job("accounts.forget_unproved", JobQueue.HOUSE, every="17 3 * * *")
def forget_unproved(timestamp: int) -> None:
    vetting.forget_unproved()
    addresses.forget_changes()
    invitations.forget_invitations()
    SessionStore.clear_expired()


@job("accounts.forget_answers", JobQueue.HOUSE, every="23 * * * *")
def forget_answers(timestamp: int) -> None:
    keys.forget_answers()


@job("accounts.send_password_reset", JobQueue.EXPRESS, attempts=3)
def send_password_reset(user_id: int) -> None:
    passwords.send_password_reset(user_id)

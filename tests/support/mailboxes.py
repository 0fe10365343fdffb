"""A person reads the email that asks about a mailbox and clicks; for tests."""

from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.domains.actions.mailboxes import confirm_mailbox
from mailflatrate.apps.domains.models import Mailbox, SenderAddress


def prove(email: str) -> None:
    """The reader of a mailbox that was asked says yes. Runs in the account's scope."""
    mailbox = Mailbox.objects.get(email=email.lower())
    assert mailbox.asked_at is not None
    confirm_mailbox(mailbox.id, mailbox.round)


def prove_sender(sender: SenderAddress) -> int:
    """The same for a sender address; its id. The email is thrown away: many customers here have that mailbox, and its
    limit is for one."""
    prove(sender.email)
    for notice in Notice.objects.filter(kind=NoticeKind.SENDER, recipient=sender.email):
        ProcrastinateJob.objects.filter(task_name="delivery.send_notice", args__notice_id=notice.id).delete()
        notice.delete()
    return sender.id

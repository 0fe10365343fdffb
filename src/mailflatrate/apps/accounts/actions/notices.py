"""Messages of the service itself."""

from collections.abc import Callable

from django.utils import translation

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import Membership, Notice, NoticeKind, Role, User
from mailflatrate.base import jobs, tenancy


def send_notice(account_id: int, kind: NoticeKind, recipient: str, *, subject: str, text: str) -> Notice:
    """Queue a message of the service itself; the engine sends it with the basis "service notice"."""
    with tenancy.account(account_id):
        notice = Notice.objects.create(kind=kind, recipient=recipient, subject=subject, text=text)
        jobs.defer("delivery.send_notice", jobs.Queue.EXPRESS, account_id=account_id, notice_id=notice.id, priority=10)
        return notice


def tell_owners(account_id: int, kind: NoticeKind, words: Callable[[User], tuple[str, str]]) -> None:
    """Write to everybody who answers for an account, in his language.

    `words` gives subject and text for a person; it is called while his language is active. Runs inside
    `tenancy.platform(...)`.
    """
    house = house_account()
    owners = Membership.objects.filter(account_id=account_id, role=Role.OWNER, user__is_active=True)
    for membership in owners.select_related("user"):
        with translation.override(membership.user.language):
            subject, text = words(membership.user)
        send_notice(house.id, kind, membership.user.email, subject=subject, text=text)

"""Service notices."""

from collections.abc import Callable, Iterable

from django.utils import translation

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import Membership, Notice, NoticeKind, Role, User
from mailflatrate.apps.accounts.models.notices import seal_text
from mailflatrate.base import jobs, tenancy


def send_notice(account_id: int, kind: NoticeKind, recipient: str, *, subject: str, text: str, language: str) -> Notice:
    """Queue a service notice; the engine sends it with the basis "service notice".

    `language` is the language of subject and text.
    """
    with tenancy.account(account_id):
        notice = Notice.objects.create(
            kind=kind, recipient=recipient, subject=subject, text_sealed=seal_text(text, recipient), language=language
        )
        jobs.defer(
            "delivery.send_notice", jobs.JobQueue.EXPRESS, account_id=account_id, notice_id=notice.id, priority=10
        )
        return notice


def answer_report(
    report_id: int, recipient: str, *, subject: str, text: str, language: str, reply_to: str, in_reply_to: str = ""
) -> Notice:
    """Queue the abuse desk's answer to a reporter. Raises IntegrityError if the report was made by someone else."""
    house = house_account()
    with tenancy.account(house.id):
        notice = Notice.objects.create(
            kind=NoticeKind.CASE, recipient=recipient, subject=subject,
            text_sealed=seal_text(text, recipient), report_id=report_id,
            reply_to=reply_to, in_reply_to=in_reply_to, language=language,
        )  # fmt: skip
        jobs.defer("delivery.send_notice", jobs.JobQueue.EXPRESS, account_id=house.id, notice_id=notice.id, priority=10)
        return notice


def tell_owners(account_id: int, kind: NoticeKind, words: Callable[[User], tuple[str, str]]) -> None:
    """Write to all owners of an account, each in their language.

    `words` returns subject and text for a person; it is called while their language is active. Runs inside
    `tenancy.platform(...)`.
    """
    owners = Membership.objects.filter(account_id=account_id, role=Role.OWNER, user__is_active=True)
    tell_people(kind, [membership.user for membership in owners.select_related("user")], words)


def tell_people(kind: NoticeKind, people: Iterable[User], words: Callable[[User], tuple[str, str]]) -> None:
    """Write to users who sign in here, each in their language; `words` as for `tell_owners`."""
    house = house_account()
    for user in people:
        with translation.override(user.language):
            subject, text = words(user)
        send_notice(house.id, kind, user.email, subject=subject, text=text, language=user.language)

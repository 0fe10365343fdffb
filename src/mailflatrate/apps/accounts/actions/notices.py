"""Service notices."""

from collections.abc import Callable, Iterable

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import Membership, Notice, NoticeKind, Role, User
from mailflatrate.apps.accounts.models.notices import seal_text
from mailflatrate.apps.accounts.service_mail import Facts, ServiceMail, write_mail
from mailflatrate.base import jobs, tenancy
from mailflatrate.mail.message.service_text import clean


def send_notice(account_id: int, kind: NoticeKind, recipient: str, *, subject: str, text: str, language: str) -> Notice:
    """Queue plain text in `language`; the engine sends it with the basis "service notice"."""
    return _queue(account_id, kind, recipient, ServiceMail(subject, clean(text, lines=True), language))


def send_mail(
    account_id: int,
    kind: NoticeKind,
    recipient: str,
    template: str,
    facts: Facts | Callable[[], Facts],
    *,
    language: str,
) -> Notice:
    return _queue(account_id, kind, recipient, write_mail(template, facts, language))


def _queue(
    account_id: int,
    kind: NoticeKind,
    recipient: str,
    mail: ServiceMail,
    *,
    report_id: int | None = None,
    reply_to: str = "",
    in_reply_to: str = "",
) -> Notice:
    with tenancy.account(account_id):
        notice = Notice.objects.create(
            kind=kind,
            recipient=recipient,
            subject=mail.subject,
            text_sealed=seal_text(mail.text, recipient),
            language=mail.language,
            report_id=report_id,
            reply_to=reply_to,
            in_reply_to=in_reply_to,
        )
        jobs.defer(
            "delivery.send_notice", jobs.JobQueue.EXPRESS, account_id=account_id, notice_id=notice.id, priority=10
        )
        return notice


def answer_report(report_id: int, recipient: str, mail: ServiceMail, *, reply_to: str, in_reply_to: str = "") -> Notice:
    """Queue the abuse desk's answer to a reporter. Raises IntegrityError if the report was made by someone else."""
    house = house_account()
    return _queue(
        house.id, NoticeKind.CASE, recipient, mail, report_id=report_id, reply_to=reply_to, in_reply_to=in_reply_to
    )


@tenancy.needs_platform
def tell_owners(account_id: int, kind: NoticeKind, template: str, facts: Facts | Callable[[], Facts]) -> None:
    """Each in their language. A fact that depends on it is a function, called while that language is active."""
    owners = Membership.objects.filter(account_id=account_id, role=Role.OWNER, user__is_active=True)
    tell_people(kind, [membership.user for membership in owners.select_related("user")], template, facts)


def tell_people(kind: NoticeKind, people: Iterable[User], template: str, facts: Facts | Callable[[], Facts]) -> None:
    house = house_account()
    for user in people:
        send_mail(house.id, kind, user.email, template, facts, language=user.language)

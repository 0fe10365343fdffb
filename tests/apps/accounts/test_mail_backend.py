"""Django's own mails become notices: each is sent by the engine, to each recipient, and none leaves on another way."""

from django.core.mail import EmailMessage  # noqa: TID251  what allauth hands over

from mailflatrate.apps.accounts.actions import people as people_actions
from mailflatrate.apps.accounts.mail_backend import NoticeBackend
from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.base import tenancy
from support.people import fresh_mailbox


def test_a_mail_of_django_is_one_notice_for_each_recipient() -> None:
    people = [fresh_mailbox("Anna"), fresh_mailbox("Ben")]
    mail = EmailMessage("Sign in", "Your code is 4711.", "django@localhost", people)

    assert NoticeBackend().send_messages([mail]) == 1
    with tenancy.account(people_actions.house_account().id):
        rows = {row.recipient: row for row in Notice.objects.filter(recipient__in=people)}
        assert set(rows) == set(people)
        assert {(row.kind, row.subject) for row in rows.values()} == {(NoticeKind.ACCESS, "Sign in")}
        assert all("4711" in row.text for row in rows.values())

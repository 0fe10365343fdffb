"""Password resets: nothing shows who signs in here, and a link works for one password only."""

from allauth.account.forms import default_token_generator
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.accounts.actions import passwords, people
from mailflatrate.apps.accounts.actions import passwords as passwords_actions
from mailflatrate.apps.accounts.models import Notice, User
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings
from support.people import fresh_mailbox


def a_user() -> User:
    return people.create_user(fresh_mailbox("Dora"), name="Dora", password="winterzwiebeln")


def block(user: User) -> None:
    with tenancy.access(), tenancy.platform(PlatformReason.OPERATOR_DESK):
        User.objects.filter(id=user.id).update(is_active=False)


def queued(email: str) -> list[ProcrastinateJob]:
    rows = ProcrastinateJob.objects.filter(task_name="accounts.send_password_reset").order_by("id")
    before = set(rows.values_list("id", flat=True))
    passwords_actions.request_password_reset(email)
    return [row for row in rows.all() if row.id not in before]


def mails_to(email: str) -> list[str]:
    with tenancy.account(people.house_account().id):
        return [row.text for row in Notice.objects.filter(recipient=email)]


def test_a_known_and_an_unknown_address_leave_the_same_behind() -> None:
    user, gone = a_user(), a_user()
    block(gone)
    found = {email: queued(email) for email in (f" {user.email.upper()}", fresh_mailbox("Eve"), gone.email)}
    assert [len(jobs) for jobs in found.values()] == [1, 1, 1]
    shapes = {(job.queue_name, job.priority, job.lock, job.queueing_lock) for (job,) in found.values()}
    assert len(shapes) == 1, "nothing but the argument differs"
    assert [job.args["user_id"] for (job,) in found.values()] == [user.id, passwords.NOBODY, passwords.NOBODY]


def test_only_a_person_who_signs_in_here_gets_an_email() -> None:
    user, gone = a_user(), a_user()
    block(gone)
    for user_id in (passwords.NOBODY, gone.id):
        passwords_actions.send_password_reset(user_id)
    assert mails_to(gone.email) == []
    passwords_actions.send_password_reset(user.id)
    (text,) = mails_to(user.email)
    assert f"{load_settings().public_url}/" in text


def test_a_link_is_worth_nothing_once_the_password_has_changed() -> None:
    user = a_user()
    link = passwords_actions.password_link(user)
    assert link.startswith(load_settings().public_url)
    token = link.rstrip("/").rpartition("/")[2].partition("-")[2]
    assert default_token_generator.check_token(user, token)
    user.set_password("tulpen-und-tinte-7")
    assert not default_token_generator.check_token(user, token)

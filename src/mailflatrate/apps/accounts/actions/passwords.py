"""Password resets. A request looks the same for every address, and only people who sign in here get an email."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from mailflatrate.apps.accounts.actions.notices import send_mail
from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.base import jobs
from mailflatrate.settings import load_settings

NOBODY = 0


def request_password_reset(email: str) -> None:
    """The same job is queued for any address: neither time nor rows tell a known one, and strangers get no email."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).only("id").first()
    jobs.defer("accounts.send_password_reset", jobs.JobQueue.EXPRESS, user_id=user.id if user else NOBODY, priority=10)


def password_link(user: User) -> str:
    """Return a one-time link for setting a password. It uses our public URL, whatever host the request named."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return load_settings().public_url + path.replace("UID-KEY", key)


def send_password_reset(user_id: int) -> None:
    """Mail the link to a user; do nothing for NOBODY or a user who has left in the meantime."""
    user = User.objects.filter(id=user_id, is_active=True).first()
    if user is None:
        return
    send_mail(
        house_account().id,
        NoticeKind.ACCESS,
        user.email,
        "accounts/mail/password",
        {"url": password_link(user)},
        language=user.language,
    )

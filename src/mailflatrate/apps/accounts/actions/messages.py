"""Messages between an account and the desk (R-09)."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, AccountStatusChange, DeskMessage, NoticeKind, Side, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings

LONGEST_MESSAGE = 8_000
MOST_WAITING = 10


@tenancy.needs_account
def write_to_desk(text: str, *, by: User, about: AccountStatusChange | None = None) -> DeskMessage:
    """Raises AccountError for an empty or overlong text, or while too many messages wait for an answer."""
    text = text.strip()
    if not text:
        raise AccountError(_("Write a message first."))
    if len(text) > LONGEST_MESSAGE:
        raise AccountError(_("Use at most %(limit)d characters.") % {"limit": LONGEST_MESSAGE})
    if DeskMessage.objects.filter(side=Side.CUSTOMER, handled_at=None).count() >= MOST_WAITING:
        raise AccountError(_("We've received your messages and will answer them."))
    return DeskMessage.objects.create(side=Side.CUSTOMER, text=text, about=about, author=by, at=clock.now())


def answer_from_desk(account_id: int, text: str, *, by: User) -> None:
    now = clock.now()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        account = Account.objects.get(id=account_id)
        waiting = DeskMessage.objects.filter(account_id=account_id, side=Side.CUSTOMER, handled_at=None)
        about = waiting.exclude(about=None).order_by("-id").first()
        waiting.update(handled_at=now)
        if text.strip():
            DeskMessage.objects.create(
                account_id=account_id,
                side=Side.DESK,
                text=text.strip(),
                author=by,
                at=now,
                handled_at=now,
                about=about.about if about else None,
            )
            url = f"{load_settings().public_url}/studio/settings/status/"
            facts = {"account": account.name, "text": Passage(text.strip()), "url": url}
            tell_owners(account_id, NoticeKind.ACCOUNT_STATUS, "accounts/mail/desk_reply", facts)
        audit.record(
            "message.answered" if text.strip() else "message.put_away",
            by=audit.person(by),
            account_id=account_id,
            reason=text.strip(),
        )

"""Proof of a mailbox by a click in an email to it (R-46), a service notice, since it belongs to no user. It is sent
under domains that the account proved by DNS, to others only for accounts an operator activated, a few times a day;
who refuses is never asked again.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import send_mail
from mailflatrate.apps.accounts.models import Notice, NoticeKind, User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import Mailbox, SenderAddress
from mailflatrate.apps.domains.queries import on_own_domain
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import AddressError, parse
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.limits import value
from mailflatrate.settings import load_settings

_READER = audit.machine("domains.mailbox")
_JOB = audit.machine("domains.renew_mailboxes")


def mailbox_of(email: str) -> Mailbox:
    return Mailbox.objects.get_or_create(account_id=tenancy.current_account_id(), email=email.lower())[0]


@transaction.atomic
def add_reply_address(email: str, *, by: User) -> Mailbox:
    """Add an address for replies, to be used once its mailbox confirms. Raises DomainError."""
    try:
        text = parse(email.strip()).text.lower()
    except AddressError as error:
        raise DomainError(_("“%(email)s” isn't an email address.") % {"email": email}) from error
    mailbox = mailbox_of(text)
    if mailbox.for_replies:
        raise DomainError(_("%(email)s is already one of your reply-to addresses.") % {"email": text})
    Mailbox.objects.filter(id=mailbox.id).update(for_replies=True)
    if mailbox.proved_at is None:
        ask(mailbox, by=audit.person(by))
    return mailbox


def remove_reply_address(mailbox_id: int) -> None:
    """Remove a reply address; if it is also a sender, it stays a sender. A refusal is kept."""
    mailbox = Mailbox.objects.get(id=mailbox_id)
    Mailbox.objects.filter(id=mailbox_id).update(for_replies=False)
    senders = SenderAddress.objects.filter(email__iexact=mailbox.email)
    if mailbox.refused_at is None and not senders.exists():
        mailbox.delete()


@transaction.atomic
def ask_again(mailbox_id: int, *, by: User) -> None:
    """Raises DomainError if the mailbox is proved, refused, or was asked too often."""
    mailbox = Mailbox.objects.get(id=mailbox_id)
    if mailbox.proved_at is not None:
        raise DomainError(_("%(email)s is already confirmed.") % {"email": mailbox.email})
    ask(mailbox, by=audit.person(by))


def ask(mailbox: Mailbox, *, by: audit.Actor) -> None:
    """Send the verification email. Links of earlier emails stay valid for the same round. Raises DomainError."""
    if mailbox.refused_at is not None:
        words = _("Someone who reads %(email)s said it isn't yours. Use another address.")
        raise DomainError(words % {"email": mailbox.email})
    account = current_account()
    if not on_own_domain(mailbox.email) and not account.may_send:
        words = _(
            "%(email)s isn't on a domain you've verified. You can request confirmation once your account is active."
        )
        raise DomainError(words % {"email": mailbox.email})
    now = clock.now()
    if _asked_enough(mailbox.email, now):
        words = _("We've sent enough emails to %(email)s today. Check its inbox, or try again tomorrow.")
        raise DomainError(words % {"email": mailbox.email})
    if mailbox.expires_at is None or mailbox.expires_at < now or mailbox.proved_at is not None:
        mailbox.round += 1
    mailbox.asked_at, mailbox.expires_at = now, now + timedelta(days=value("mailbox_confirm_days"))
    mailbox.save(update_fields=["round", "asked_at", "expires_at"])
    facts = {
        "account": account.name,
        "email": mailbox.email,
        "url": mailbox_url(mailbox),
        "days": round(value("mailbox_confirm_days")),
    }
    send_mail(account.id, NoticeKind.SENDER, mailbox.email, "domains/mail/mailbox", facts, language=account.language)
    audit.record("mailbox.asked", by=by, account_id=account.id, subject=f"mailbox:{mailbox.id}")


def _asked_enough(email: str, now: datetime) -> bool:
    today = Notice.objects.filter(kind=NoticeKind.SENDER, created_at__gt=now - timedelta(days=1))
    if today.count() >= value("mailbox_mails_per_account_day"):
        return True
    with tenancy.platform(PlatformReason.PERSON):
        everywhere = Notice.objects.filter(kind=NoticeKind.SENDER, created_at__gt=now - timedelta(days=1))
        return everywhere.filter(recipient__iexact=email).count() >= value("mailbox_mails_per_address_day")


def mailbox_url(mailbox: Mailbox) -> str:
    token = key_ring().seal(TokenPurpose.MAILBOX, mailbox.account_id, mailbox.id, mailbox.round)
    return f"{load_settings().public_url}/mailbox/{token}"


@tenancy.needs_account
@transaction.atomic
def confirm_mailbox(mailbox_id: int, round_: int) -> Mailbox:
    """Idempotent. Raises DomainError if the link is too old or of an earlier round, or if the mailbox refused."""
    mailbox = _answerable(mailbox_id, round_)
    if mailbox.proved_at is not None and mailbox.expires_at is None:
        return mailbox
    now = clock.now()
    if mailbox.refused_at is not None:
        raise DomainError(
            _("Someone who reads this mailbox said no before. The %(service)s team can undo that.") % _service()
        )
    if mailbox.expires_at is None or mailbox.expires_at < now:
        raise DomainError(_("This link has expired. Resend the email on the Senders page."))
    account_id = mailbox.account_id
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):  # the account's own scope may not say that it was proved
        Mailbox.objects.filter(id=mailbox.id).update(proved_at=now, expires_at=None)
        senders = SenderAddress.objects.filter(account_id=account_id, email__iexact=mailbox.email)
        senders.update(verified_at=now)
    audit.record("mailbox.proved", by=_READER, account_id=account_id, subject=f"mailbox:{mailbox.id}")
    mailbox.proved_at, mailbox.expires_at = now, None
    return mailbox


@transaction.atomic
def refuse_mailbox(mailbox_id: int, round_: int) -> Mailbox:
    """Record the mailbox's refusal: the address is not, or no longer, used, and it is never asked again."""
    mailbox = _answerable(mailbox_id, round_)
    if mailbox.refused_at is None:
        mailbox.refused_at, mailbox.proved_at, mailbox.expires_at = clock.now(), None, None
        SenderAddress.objects.filter(email__iexact=mailbox.email).update(verified_at=None)
        mailbox.save(update_fields=["refused_at", "proved_at", "expires_at"])
        audit.record("mailbox.refused", by=_READER, account_id=mailbox.account_id, subject=f"mailbox:{mailbox.id}")
    return mailbox


def _answerable(mailbox_id: int, round_: int) -> Mailbox:
    mailbox = Mailbox.objects.select_for_update().filter(id=mailbox_id).first()
    if mailbox is None:
        raise DomainError(_("We no longer ask about this address."))
    if round_ != mailbox.round % 2**16:
        raise DomainError(_("There's a newer email about this address. Use the link in that one."))
    return mailbox


def _service() -> dict[str, str]:
    return {"service": load_settings().service_name}


def renew_mailboxes() -> None:
    """Ask once a year, a month ahead; without an answer the address is deactivated (R-46)."""
    now = clock.now()
    year = timedelta(days=value("mailbox_proof_days"))
    for mailbox in Mailbox.objects.filter(proved_at__lt=now - year + timedelta(days=30), refused_at=None):
        if mailbox.expires_at is None:
            try:
                ask(mailbox, by=_JOB)
            except DomainError:
                continue  # too many today; it tries again tomorrow
    for mailbox in Mailbox.objects.filter(proved_at__lt=now - year):
        SenderAddress.objects.filter(email__iexact=mailbox.email).update(verified_at=None)
        Mailbox.objects.filter(id=mailbox.id).update(proved_at=None)
        audit.record("mailbox.rests", by=_JOB, account_id=mailbox.account_id, subject=f"mailbox:{mailbox.id}")

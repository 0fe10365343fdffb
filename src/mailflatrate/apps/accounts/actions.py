"""Every write to accounts; one transaction each."""

from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import (
    Acceptance,
    Account,
    Imprint,
    Membership,
    Notice,
    NoticeKind,
    Role,
    Standing,
    User,
)
from mailflatrate.apps.accounts.queries import current_documents
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason


def create_account(name: str, *, country: str = "DE", language: str = "en", **fields: Any) -> Account:
    """A new account, applied for and not active (R-01)."""
    with tenancy.platform(PlatformReason.SETUP):
        return Account.objects.create(name=name, country=country, language=language, **fields)


def activate_account(account_id: int, *, by_email: str) -> None:
    """Let an account send, on the word of one operator. Raises AccountError when he is none."""
    with tenancy.platform(PlatformReason.SETUP):
        operator = User.objects.filter(email=by_email.lower(), is_staff=True, is_active=True).first()
        if operator is None:
            raise AccountError(f"{by_email} is not an operator; only a person of the service activates an account")
        Account.objects.filter(id=account_id).update(
            standing=Standing.ACTIVE, activated_by=operator, activated_at=clock.now(), standing_reason=""
        )


def set_standing(account_id: int, standing: Standing, *, reason: str) -> None:
    """Change what an account may do; the reason is shown to the customer (R-09)."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        Account.objects.filter(id=account_id).update(standing=standing, standing_reason=reason)


def create_user(email: str, *, name: str, password: str | None, language: str = "en", is_staff: bool = False) -> User:
    """A person who signs in. Raises AccountError when the address is taken."""
    if User.objects.filter(email=email.strip().lower()).exists():
        raise AccountError(f"{email} already signs in here")
    return User.objects.create_user(email, password, name=name, language=language, is_staff=is_staff)


def add_member(account_id: int, user: User, role: Role = Role.OWNER) -> None:
    """Let a user work for an account; repeated, it sets the role."""
    with tenancy.account(account_id):
        Membership.objects.update_or_create(account_id=account_id, user=user, defaults={"role": role})


def accept_agreements(account_id: int, user: User, *, ip: str | None, user_agent: str) -> None:
    """Record that `user` accepted the current version of every document, in the account's name (R-04, R-92)."""
    with tenancy.account(account_id):
        for document in current_documents(user.language):
            Acceptance.objects.create(document=document, user=user, ip=ip, user_agent=user_agent)


def save_imprint(account_id: int, *, country: str, fields: dict[str, str], by: User | None) -> Imprint:
    """A new version of the imprint; earlier ones stay for the mailings that showed them (R-44)."""
    with tenancy.account(account_id):
        Account.objects.select_for_update().get(id=account_id)
        newest = Imprint.objects.order_by("-version").first()
        return Imprint.objects.create(
            version=newest.version + 1 if newest else 1, country=country, fields=fields, created_by=by
        )


def change_settings(account_id: int, *, language: str, time_zone: str, colour: str) -> None:
    """Language, time zone (IANA name) and colour (`#rrggbb`) that the account's pages and mailings begin with."""
    with tenancy.account(account_id):
        Account.objects.filter(id=account_id).update(language=language, time_zone=time_zone, colour=colour)


def invite(account_id: int, email: str, *, name: str, role: Role, language: str) -> Membership:
    """Take a person into an account; one who is new here gets no password and sets it by a link.

    Raises AccountError when he works for the account already.
    """
    with tenancy.account(account_id):
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            user = create_user(email, name=name, password=None, language=language)
        elif Membership.objects.filter(user=user).exists():
            raise AccountError(_("%(email)s works for this account already.") % {"email": user.email})
        return Membership.objects.create(user=user, role=role)


def change_role(account_id: int, membership_id: int, role: Role) -> None:
    """Give a member another role. Raises AccountError where nobody would be owner any more."""
    with tenancy.account(account_id):
        membership = _locked_membership(account_id, membership_id)
        if role is not Role.OWNER:
            _keep_an_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])


def remove_member(account_id: int, membership_id: int) -> None:
    """Let a person work for this account no more. Raises AccountError for the last owner."""
    with tenancy.account(account_id):
        membership = _locked_membership(account_id, membership_id)
        _keep_an_owner(membership)
        membership.delete()


def _locked_membership(account_id: int, membership_id: int) -> Membership:
    """The account's row is locked, so that two owners cannot remove each other at the same moment."""
    Account.objects.select_for_update().get(id=account_id)
    return Membership.objects.get(id=membership_id)


def _keep_an_owner(membership: Membership) -> None:
    others = Membership.objects.filter(role=Role.OWNER).exclude(id=membership.id)
    if membership.role == Role.OWNER and not others.exists():
        raise AccountError(_("An account needs an owner. Make somebody else an owner first."))


def send_notice(account_id: int, kind: NoticeKind, recipient: str, *, subject: str, text: str) -> Notice:
    """Queue a message of the service itself; the engine sends it with the basis "service notice"."""
    with tenancy.account(account_id):
        notice = Notice.objects.create(kind=kind, recipient=recipient, subject=subject, text=text)
        jobs.defer("delivery.send_notice", jobs.Queue.SEND, account_id=account_id, notice_id=notice.id, priority=10)
        return notice


def house_account() -> Account:
    """The operator's own account. Raises AccountError before `mailflatrate migrate` and set-up made one."""
    with tenancy.platform(PlatformReason.SETUP):
        house = Account.objects.filter(is_house=True).first()
    if house is None:
        raise AccountError("the operator's own account is missing: run `mailflatrate migrate`")
    return house

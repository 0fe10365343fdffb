"""Invitations into an account. Membership begins when the invited person has signed in and accepted."""

import hashlib
import secrets
from collections.abc import Callable, Collection
from datetime import timedelta

from django.db import IntegrityError
from django.db.models import Q
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import send_mail
from mailflatrate.apps.accounts.actions.people import (
    checked_limit,
    create_user,
    house_account,
    refuse_above,
    withdraw_invitation,
)
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, AccountStatus, Invitation, Membership, NoticeKind, Role, User
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

INVITATION_WORKS = timedelta(days=7)
INVITATIONS_KEPT = timedelta(days=90)
MOST_OPEN = 20
MOST_OPEN_UNVETTED = 3
MOST_A_DAY = 30
MOST_SENDS = 5
MakeUrl = Callable[[str], str]


def invite(
    account_id: int,
    email: str,
    *,
    name: str,
    role: Role,
    language: str,
    by: User,
    url: MakeUrl,
    list_ids: Collection[int] | None = None,
) -> Invitation:
    """`list_ids`: the only lists that the member will see; None: all. The result never depends on whether the address
    already signs in. Raises AccountError for a member, an open invitation, or too many.
    """
    email = email.strip().lower()
    with tenancy.account(account_id), tenancy.access():
        account = Account.objects.select_for_update().get(id=account_id)
        refuse_above(by, role)
        if Membership.objects.filter(user__email=email).exists():
            raise AccountError(_("%(email)s is already a member of this account.") % {"email": email})
        _leave_room(account, email)
        token, now = secrets.token_urlsafe(32), clock.now()
        invitation = Invitation.objects.create(
            email=email, name=" ".join(name.split())[:120], role=role, language=language, token_hash=_hash(token),
            invited_by=by, created_at=now, sent_at=now, expires_at=now + INVITATION_WORKS,
            list_ids=checked_limit(role, list_ids),
        )  # fmt: skip
        _record("invitation.sent", invitation, by)
        _write_to(invitation, account, by, url(token))
    return invitation


def _leave_room(account: Account, email: str) -> None:
    """Refuse more invitations than allowed. An expired one makes room for a new one to the same address."""
    now = clock.now()
    lapsed = Invitation.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__lte=now)
    lapsed.update(withdrawn_at=now)
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    if waiting.filter(email=email).exists():
        raise AccountError(_("%(email)s has already been invited. You can resend the invitation.") % {"email": email})
    vetted = account.status in (
        AccountStatus.APPROVED,
        AccountStatus.ACTIVE,
        AccountStatus.THROTTLED,
        AccountStatus.PAUSED,
    )
    most = MOST_OPEN if vetted or account.is_house else MOST_OPEN_UNVETTED
    today = Invitation.objects.filter(created_at__gt=now - timedelta(days=1)).count()
    if waiting.count() >= most or today >= MOST_A_DAY:
        raise AccountError(_("Too many invitations are open. Withdraw one, or wait until one is accepted."))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _record(action: str, invitation: Invitation, by: User) -> None:
    audit.record(
        action,
        by=audit.person(by),
        account_id=invitation.account_id,
        subject=f"invitation:{invitation.id}",
        details={"role": invitation.role, "lists": invitation.list_ids},
    )


def _write_to(invitation: Invitation, account: Account, by: User, link: str) -> None:
    send_mail(
        house_account().id,
        NoticeKind.ACCESS,
        invitation.email,
        "accounts/mail/invitation",
        {"person": by, "account": account.name, "url": link, "days": INVITATION_WORKS.days},
        language=invitation.language,
    )


def send_again(account_id: int, invitation_id: int, *, by: User, url: MakeUrl) -> Invitation:
    """Send an open invitation again with a new link; the earlier link stops working. Raises AccountError."""
    with tenancy.account(account_id), tenancy.access():
        account = Account.objects.get(id=account_id)
        invitation = _open_here(invitation_id)
        refuse_above(by, invitation.role)
        if invitation.sends >= MOST_SENDS:
            raise AccountError(
                _("This invitation has been sent %(count)d times. Withdraw it instead.") % {"count": MOST_SENDS}
            )
        token, now = secrets.token_urlsafe(32), clock.now()
        invitation.token_hash, invitation.sent_at, invitation.sends = _hash(token), now, invitation.sends + 1
        invitation.expires_at = now + INVITATION_WORKS
        invitation.save()
        _record("invitation.sent_again", invitation, by)
        _write_to(invitation, account, by, url(token))
    return invitation


def withdraw(account_id: int, invitation_id: int, *, by: User) -> Invitation:
    """Withdraw an open invitation. Raises AccountError."""
    with tenancy.account(account_id):
        invitation = _open_here(invitation_id)
        refuse_above(by, invitation.role)
        withdraw_invitation(invitation, by=by)
    return invitation


def _open_here(invitation_id: int) -> Invitation:
    rows = Invitation.objects.select_for_update().filter(id=invitation_id, accepted_at=None, withdrawn_at=None)
    invitation = rows.first()
    if invitation is None:
        raise AccountError(_("This invitation is no longer open."))
    return invitation


def find_invitation(token: str) -> Invitation:
    """Return the open invitation for a token, with its account and the user who sent it. Raises AccountError."""
    with tenancy.platform(PlatformReason.INVITATION):
        rows = Invitation.objects.select_related("account", "invited_by").filter(token_hash=_hash(token))
        invitation = rows.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now()).first()
    if invitation is None or not invitation.invited_by.is_active or invitation.account.status == AccountStatus.CLOSED:
        raise AccountError(_("This invitation is no longer open. Ask the person who invited you for a new one."))
    return invitation


def join(token: str, *, name: str, password: str) -> User:
    """Create the user of an invited address, which the token proves. Raises AccountError if the user exists."""
    invitation = find_invitation(token)
    try:
        return create_user(invitation.email, name=name, password=password, language=invitation.language)
    except IntegrityError:
        raise AccountError(_("%(email)s already has a login here.") % {"email": invitation.email}) from None


def accept(token: str, *, user: User) -> Membership:
    """Only the proved address that `user` signs in with can accept. Raises AccountError."""
    candidate = find_invitation(token)
    with tenancy.account(candidate.account_id), tenancy.access():
        invitation = Invitation.objects.select_for_update().get(id=candidate.id)
        email = User.objects.select_for_update().get(id=user.id).email
        if invitation.accepted_at or invitation.withdrawn_at or invitation.token_hash != candidate.token_hash:
            raise AccountError(_("This invitation is no longer open. Ask the person who invited you for a new one."))
        if invitation.email != email:
            raise AccountError(_("This invitation was sent to a different address than the one you're signed in with."))
        membership, _new = Membership.objects.get_or_create(
            account_id=candidate.account_id,
            user=user,
            defaults={"role": invitation.role, "list_ids": invitation.list_ids},
        )
        invitation.accepted_at, invitation.accepted_by = clock.now(), user
        invitation.save()
        _record("invitation.accepted", invitation, user)
        return membership


def forget_invitations() -> int:
    before = clock.now() - INVITATIONS_KEPT
    with tenancy.platform(PlatformReason.HOUSEKEEPING), tenancy.access():
        ended = Q(accepted_at__lt=before) | Q(withdrawn_at__lt=before) | Q(expires_at__lt=before)
        gone, _by_table = Invitation.objects.filter(ended).delete()
        return gone

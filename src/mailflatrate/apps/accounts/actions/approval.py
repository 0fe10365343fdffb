"""The account setting that requires a second person to approve each campaign."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, FourEyesSwitch, NoticeKind, User
from mailflatrate.apps.accounts.queries import members_who_may
from mailflatrate.apps.accounts.rights import member_may
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.rules.roles import Permission


def switch_four_eyes(account_id: int, is_on: bool, *, by: User) -> None:
    """Tells all who can write. Raises AccountError unless an owner does it and a second person could approve."""
    with tenancy.account(account_id):
        account = Account.objects.select_for_update().get(id=account_id)
        if not member_may(by, Permission.SECURITY):
            raise AccountError(_("Only owners can change this."))
        if account.four_eyes == is_on:
            return
        people = members_who_may(Permission.RELEASE)
        if is_on and len(people) < 2:
            raise AccountError(_("No one else can approve campaigns yet. Invite another owner or editor first."))
        with tenancy.access():
            FourEyesSwitch.objects.create(wanted=is_on, switched_by=by, at=clock.now())
        audit.record("four_eyes.switched", by=audit.person(by), account_id=account_id, details={"wanted": is_on})
        others = [user for user in people if user.id != by.id]
        facts = {"person": by, "account": account.name, "wanted": is_on}
        tell_people(NoticeKind.TEAM, others, "accounts/mail/approval_switched", facts)

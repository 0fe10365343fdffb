"""The account setting that requires a second factor of everyone who works for it."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, Membership, Role, User
from mailflatrate.base import audit, tenancy


def require_second_factor(account_id: int, wanted: bool, *, by: User, proved: bool) -> None:
    """Require a second factor of all members, or no longer. `proved`: this session of `by` used one.

    Raises AccountError unless an owner does it who signed in with a second factor: someone who stole a password
    must neither lock the others out nor open the account for the password alone.
    """
    with tenancy.account(account_id):
        account = Account.objects.select_for_update().get(id=account_id)
        if not Membership.objects.filter(user=by, role=Role.OWNER).exists():
            raise AccountError(_("Only owners can change this."))
        if account.second_factor == wanted:
            return
        if not proved:
            raise AccountError(_("Set up your own second factor and sign in with it first."))
        with tenancy.access():
            Account.objects.filter(id=account_id).update(second_factor=wanted)
        action = "second_factor.required" if wanted else "second_factor.optional"
        audit.record(action, by=audit.person(by), account_id=account_id)

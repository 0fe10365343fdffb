"""The account's rule that a second person releases each mailing."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, FourEyesSwitch, Membership, NoticeKind, Role, User
from mailflatrate.apps.accounts.queries import writers
from mailflatrate.base import audit, clock, tenancy

ON = gettext_noop(
    "%(person)s switched on the four-eyes release for %(account)s: from now on one of you asks for the release of a"
    " mailing, and another gives it."
)
OFF = gettext_noop(
    "%(person)s switched off the four-eyes release for %(account)s: from now on each of you releases mailings alone."
)


def switch_four_eyes(account_id: int, wanted: bool, *, by: User) -> None:
    """Let each mailing of the account need a second person, or not; everybody who writes there is told.

    Raises AccountError for anybody but an owner, and where there is no second person to release anything.
    """
    with tenancy.account(account_id):
        account = Account.objects.select_for_update().get(id=account_id)
        if not Membership.objects.filter(user=by, role=Role.OWNER).exists():
            raise AccountError(_("Only owners change this."))
        if account.four_eyes == wanted:
            return
        people = writers()
        if wanted and len(people) < 2:
            raise AccountError(_("There is nobody else who could release a mailing. Invite an owner or editor first."))
        FourEyesSwitch.objects.create(wanted=wanted, switched_by=by, at=clock.now())
        audit.record("four_eyes.switched", by=audit.person(by), account_id=account_id, details={"wanted": wanted})
        others = [user for user in people if user.id != by.id]
        tell_people(NoticeKind.TEAM, others, lambda _user: _letter(account, by, wanted=wanted))


def _letter(account: Account, by: User, *, wanted: bool) -> tuple[str, str]:
    subject = _("Four-eyes release is on") if wanted else _("Four-eyes release is off")
    return subject, _(ON if wanted else OFF) % {"person": by, "account": account.name} + "\n"

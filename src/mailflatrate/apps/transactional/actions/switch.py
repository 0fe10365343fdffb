"""The operator's switch: whether an account may send transactional email at all (R-112)."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import Account, NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.transactional.actions.reviews import check_outsider, check_reviewer
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import TransactionalSwitch
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings


def switch_transactional(account_id: int, *, is_on: bool, by: User, reason: str) -> TransactionalSwitch:
    """Tells the owners why; off at once, for queued messages, too. Raises TransactionalError without a reason, for
    anyone but an outside operator, or if nothing would change.
    """
    reason = check_reviewer(by, reason)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        account = Account.objects.select_for_update().get(id=account_id)
        check_outsider(by, account_id)
        existing = TransactionalSwitch.objects.filter(account=account).first()
        if (existing is not None and existing.is_on) == is_on:
            raise TransactionalError(_("Nothing would change."))
        switch = existing or TransactionalSwitch(account=account)
        switch.is_on, switch.changed_by, switch.changed_at, switch.reason = is_on, by, clock.now(), reason
        switch.save()
        audit.record(
            "transactional.switched_on" if is_on else "transactional.switched_off",
            by=audit.person(by),
            account_id=account.id,
            subject=f"account:{account.id}",
            reason=reason,
        )
        facts = {
            "on": is_on,
            "reason": Passage(reason),
            "url": f"{load_settings().public_url}/studio/transactional/",
        }
        tell_owners(account.id, NoticeKind.ACCOUNT_STATUS, "transactional/mail/switched", facts)
    return switch

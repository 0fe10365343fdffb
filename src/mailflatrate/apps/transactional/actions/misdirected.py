"""“This wasn't me”: a reader says that a message isn't meant for them, and the account's messages to them end."""

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.transactional.actions.reviews import check_outsider, check_reviewer
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import MisdirectedAddress, TransactionalMessage
from mailflatrate.apps.transactional.queries import keys_of
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings


@tenancy.needs_account
def restore_misdirected(key: bytes) -> bool:
    """Stop transactional messages to an address again after a restored backup; return False if they are stopped."""
    account_id = tenancy.current_account_id()
    return MisdirectedAddress.objects.get_or_create(address_key=key, defaults={"account_id": account_id})[1]


def lift_misdirected(misdirected_id: int, *, by: User, reason: str) -> None:
    """Raises TransactionalError without a reason, for anyone but an outside operator, or if it was lifted before."""
    reason = check_reviewer(by, reason)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        row = MisdirectedAddress.objects.filter(id=misdirected_id).first()
        if row is not None:
            check_outsider(by, row.account_id)
        if row is None or not MisdirectedAddress.objects.filter(id=row.id).delete()[0]:
            raise TransactionalError(_("This has already been lifted."))
        audit.record(
            "transactional.misdirected_lifted",
            by=audit.person(by),
            account_id=row.account_id,
            subject=f"transactional_message:{row.message_id}" if row.message_id else "",
            reason=reason,
            details={"reported_at": row.reported_at.isoformat()},
        )


def report_misdirected(account_id: int, message_id: int) -> bool:
    """Idempotent: a second report tells no one. False if the message is no longer in the log. The owners learn the
    reference, not who reads the address.
    """
    with tenancy.account(account_id):
        message = TransactionalMessage.objects.select_related("version__template").filter(id=message_id).first()
        if message is None:
            return False
        _row, is_new = MisdirectedAddress.objects.get_or_create(
            address_key=keys_of(message)[-1], defaults={"account_id": account_id, "message_id": message.id}
        )
        if not is_new:
            return True
        audit.record(
            "transactional.misdirected",
            by=audit.machine("transactional.not_me"),
            account_id=account_id,
            subject=f"transactional_message:{message.id}",
            details={"template": message.version.template.key},
        )

    def facts() -> dict[str, object]:
        return {
            "template": message.version.template.name,
            "kind": message.get_reference_kind_display(),
            "reference": message.reference,
            "url": f"{load_settings().public_url}/studio/transactional/{message.id}/",
        }

    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        tell_owners(account_id, NoticeKind.ACCOUNT_STATUS, "transactional/mail/misdirected", facts)
    return True

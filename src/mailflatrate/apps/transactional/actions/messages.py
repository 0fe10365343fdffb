"""Messages: take one from a program, note a refusal, and erase what is personal when its time is over."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Imprint, User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.queries import proved_domain_names
from mailflatrate.apps.transactional.compiled import check_rendering, edition_of, message_values
from mailflatrate.apps.transactional.errors import DataNotAccepted, TransactionalError
from mailflatrate.apps.transactional.models import ReferenceKind, TemplateVersion, TransactionalMessage
from mailflatrate.apps.transactional.queries import becomes_sample, is_switched_on, newest_imprint, version_in_use
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import AddressError, parse
from mailflatrate.rules.limits import value
from mailflatrate.rules.messages.message_content import find_hosts
from mailflatrate.rules.messages.message_data import DataRefused, FieldType, check_data, declared_fields, values_of

_REFERENCE: Final = re.compile(r"[\w][\w #./:+-]{0,79}")
_WEB: Final = re.compile(r"://|www\.|https?:", re.IGNORECASE)
ERASED_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class MessageOrder:
    """What a program wants sent: a template by its key, to one address, about one order, account or ticket."""

    template: str
    recipient: str
    reference_kind: str
    reference: str
    data: Mapping[str, Any] = field(default_factory=dict)


class NotSwitchedOn(TransactionalError):
    """Raised while no operator has switched transactional email on for the account."""


class NoSuchTemplate(TransactionalError):
    """Raised for a key that no template with an approved version has."""


@tenancy.needs_account
def take_message(
    order: MessageOrder, *, by: User | None, through: str, resent_from: int | None = None
) -> TransactionalMessage:
    """Stored if it can be rendered; the gate decides next. Raises NotSwitchedOn, NoSuchTemplate, DataNotAccepted, and
    TransactionalError for an address or a reference that isn't one.
    """
    if not is_switched_on():
        raise NotSwitchedOn(_("Transactional email isn't switched on for your account. Ask our team."))
    version = version_in_use(order.template.strip())
    imprint = newest_imprint()
    if version is None or imprint is None:
        raise NoSuchTemplate(_("No template with an approved version has this key."))
    reference = _reference(order)
    recipient = _recipient(order)
    keys = mailbox_keys(recipient)
    data = _checked_data(order, version, imprint, recipient, reference)
    message = TransactionalMessage(
        account_id=tenancy.current_account_id(),
        version=version,
        edition=edition_of(version, imprint),
        recipient=recipient,
        address_key=keys.exact,
        mailbox_key=keys.mailbox,
        is_sample=becomes_sample(version),
        reference_kind=order.reference_kind,
        reference=reference,
        resent_from=resent_from,
        created_by=by,
        through=through[:120],
    )
    message.seal_data(data)
    with connection.cursor() as cursor:  # before its number is drawn, because the earlier ones are counted
        cursor.execute("SELECT public.contract_turn(%s, %s)", [message.account_id, keys.mailbox])
    message.save()
    message.refresh_from_db(fields=["created_at"])
    return message


def _checked_data(
    order: MessageOrder, version: TemplateVersion, imprint: Imprint, recipient: str, reference: str
) -> dict[str, Any]:
    """Return an order's data, once the message made of them was judged. Raises DataNotAccepted, TransactionalError."""
    fields = declared_fields(version.fields)
    try:
        data = check_data(fields, dict(order.data), proved=frozenset(proved_domain_names()))
    except DataRefused as refused:
        raise DataNotAccepted(refused.problems) from refused
    account_name = current_account().name
    values = message_values(
        version, data=data, kind=order.reference_kind, reference=reference, account_name=account_name
    )
    values_given = values_of(fields, data, FieldType.URL, FieldType.PHONE)
    check_rendering(edition_of(version, imprint), values, {recipient, account_name, *values_given})
    return data


def _reference(order: MessageOrder) -> str:
    reference = " ".join(order.reference.split())
    if order.reference_kind not in set(ReferenceKind):
        raise TransactionalError(_("Say what the message is about: order, invoice, booking, account or ticket."))
    if not _REFERENCE.fullmatch(reference) or _WEB.search(reference) or next(find_hosts(reference), None) is not None:
        raise TransactionalError(_("Give the number of the order, account or ticket, with up to 80 characters."))
    return reference


def _recipient(order: MessageOrder) -> str:
    try:
        return parse(order.recipient.strip()).text
    except AddressError as error:
        raise TransactionalError(_("This isn't a complete email address.")) from error


@tenancy.needs_account
def refuse_message(message: TransactionalMessage, rule_key: str) -> None:
    message.refused_by, message.data_sealed = rule_key[:60], ""
    message.save(update_fields=["refused_by", "data_sealed"])


def may_be_resent(message: TransactionalMessage) -> bool:
    """Return whether a message's data are still there: for a day, unless it was refused."""
    since = clock.now() - timedelta(hours=value("contract_resend_hours"))
    return bool(message.data_sealed and message.recipient and message.created_at > since)


def order_again(message: TransactionalMessage) -> MessageOrder:
    """Return the order of a message, to send it again. Raises TransactionalError once a day has passed."""
    if not may_be_resent(message):
        raise TransactionalError(_("A message can be resent for 24 hours. After that, its data are erased."))
    return MessageOrder(
        template=message.version.template.key,
        recipient=message.recipient,
        reference_kind=message.reference_kind,
        reference=message.reference,
        data=message.open_data(),
    )


def erase_old_messages() -> int:
    """Data after a day, of samples some days later, rows when their time in the log is over (R-95). Returns the number
    of rows; a full pass means that there may be more.
    """
    now = clock.now()
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        old = TransactionalMessage.objects.filter(created_at__lt=now - timedelta(days=value("contract_log_days")))
        ids = list(old.order_by("created_at").values_list("id", flat=True)[:ERASED_AT_ONCE])
        deleted = TransactionalMessage.objects.filter(id__in=ids).delete()[0] if ids else 0
        used = TransactionalMessage.objects.filter(
            created_at__lt=now - timedelta(hours=value("contract_resend_hours"))
        ).exclude(data_sealed="")
        used = used.exclude(is_sample=True, created_at__gte=now - timedelta(days=value("contract_sample_days")))
        ids = list(used.order_by("created_at").values_list("id", flat=True)[:ERASED_AT_ONCE])
        return deleted + TransactionalMessage.objects.filter(id__in=ids).update(data_sealed="")

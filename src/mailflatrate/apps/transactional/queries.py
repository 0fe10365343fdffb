"""Scoped reads of templates, versions and messages."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q, QuerySet

from mailflatrate.apps.accounts.models import Imprint
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.domains.models import DomainState, SenderAddress
from mailflatrate.apps.transactional.models import (
    MessageTemplate,
    MisdirectedAddress,
    TemplateState,
    TemplateVersion,
    TransactionalMessage,
    TransactionalSwitch,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import MailboxKeys, address_key, mailbox_keys
from mailflatrate.rules.campaigns.campaign_states import NOT_BEGUN
from mailflatrate.rules.names.domains import registrable

PAGE_ROWS = 50
COUNTED = timedelta(days=1)
"""The time in which messages to one address are counted (R-112)."""


def is_switched_on() -> bool:
    return TransactionalSwitch.objects.filter(is_on=True).exists()


def templates() -> QuerySet[MessageTemplate]:
    return MessageTemplate.objects.order_by("name", "id")


def newest_imprint() -> Imprint | None:
    return Imprint.objects.order_by("-version").first()


def version_in_use(template_key: str) -> TemplateVersion | None:
    """The newest if approved, or the one before an open one; None while the newest decision is a withdrawal."""
    rows = TemplateVersion.objects.select_related("sender__domain", "template").filter(template__key=template_key)
    newest = rows.filter(state__in=[TemplateState.APPROVED, TemplateState.WITHDRAWN]).order_by("-number").first()
    return newest if newest is not None and newest.state == TemplateState.APPROVED else None


def is_proved(sender: SenderAddress | None) -> bool:
    return (
        sender is not None
        and sender.verified_at is not None
        and sender.domain.verified_at is not None
        and sender.domain.state == DomainState.VERIFIED
    )


def is_stream_apart(sender: SenderAddress | None) -> bool:
    """Return whether a sender's domain is a subdomain from which no campaign was sent (R-66)."""
    if sender is None:
        return False
    name = sender.domain.name
    whole = registrable(name) or ".".join(name.split(".")[-2:])
    mailed = Campaign.objects.filter(sender__domain_id=sender.domain_id).exclude(state__in=NOT_BEGUN)
    return name != whole and not mailed.exists()


def sender_choices() -> Sequence[SenderAddress]:
    proved = SenderAddress.objects.filter(verified_at__isnull=False, domain__verified_at__isnull=False)
    senders = proved.select_related("domain").order_by("email")
    return [sender for sender in senders if is_stream_apart(sender)]


def find_submitted_version(mailing_ids: Sequence[str]) -> TemplateVersion | None:
    """Return the version that the first known one of these mailing IDs names, unless it is a draft that no one read."""
    rows = TemplateVersion.objects.filter(mailing_id__in=mailing_ids).exclude(submitted_at=None)
    versions = {row.mailing_id: row for row in rows}
    return next((versions[candidate_id] for candidate_id in mailing_ids if candidate_id in versions), None)


def is_misdirected(message: TransactionalMessage) -> bool:
    return MisdirectedAddress.objects.filter(address_key__in=keys_of(message)).exists()


def keys_of(message: TransactionalMessage) -> MailboxKeys:
    """Return the keys under which a no of a message's mailbox is found; those that are stored once it was erased."""
    if message.recipient:
        return mailbox_keys(message.recipient)
    return MailboxKeys(bytes(message.address_key), bytes(message.address_key), bytes(message.mailbox_key))


@tenancy.needs_platform
def misdirected_reports(
    address: str = "", *, account_id: int | None = None, before_id: int | None = None, size: int = PAGE_ROWS
) -> list[tuple[MisdirectedAddress, TransactionalMessage | None]]:
    """Newest first, with the message while it is in the log; with `address`, those about this address."""
    rows = MisdirectedAddress.objects.select_related("account").order_by("-id")
    if address:
        rows = rows.filter(address_key__in=mailbox_keys(address)) if address_key(address) else rows.none()
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    page = list(rows[:size])
    messages = TransactionalMessage.objects.select_related("version__template").in_bulk(
        [row.message_id for row in page if row.message_id is not None]
    )
    return [(row, messages.get(row.message_id or 0)) for row in page]


def sent_before(message: TransactionalMessage) -> int:
    of_mailbox = Q(mailbox_key=message.mailbox_key) | Q(address_key=message.address_key)
    rows = TransactionalMessage.objects.filter(
        of_mailbox, refused_by="", created_at__gt=clock.now() - COUNTED, id__lt=message.id
    )
    return rows.count()


SAMPLES_A_DAY = 3
"""Messages of a version whose data reviewers see whatever chance says."""
_CHANCE = 50


def becomes_sample(version: TemplateVersion) -> bool:
    """Return whether the next message of a version is kept for reviewers: the first few of a day, then one in fifty."""
    rows = TransactionalMessage.objects.filter(version=version, is_sample=True, created_at__gt=clock.now() - COUNTED)
    return rows[:SAMPLES_A_DAY].count() < SAMPLES_A_DAY or secrets.randbelow(_CHANCE) == 0


@tenancy.needs_platform
def samples_of(version: TemplateVersion, size: int = 5) -> Sequence[TransactionalMessage]:
    rows = TransactionalMessage.objects.select_related("edition__version", "account")
    kept = rows.filter(version=version, is_sample=True, refused_by="").exclude(data_sealed="")
    return list(kept.order_by("-id")[:size])


def find_message(message_id: int) -> TransactionalMessage | None:
    return TransactionalMessage.objects.select_related("version__template").filter(id=message_id).first()


def search_messages(
    text: str = "", *, before_id: int | None = None, size: int = PAGE_ROWS
) -> Sequence[TransactionalMessage]:
    """Return messages, newest first: all, or those to an address or about a reference that is exactly `text`."""
    rows = TransactionalMessage.objects.select_related("version__template")
    term = text.strip()
    if term:
        key = address_key(term)
        rows = rows.filter(Q(reference=term) | Q(address_key=key) if key is not None else Q(reference=term))
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:size])

"""Transactional messages as the sender makes them: the sealed edition of a reviewed version, and one person's data."""

from collections.abc import Collection
from functools import lru_cache

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.delivery.editions import NoticeMail
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.gate.message_composition import EditionUnusable, load_signers, service_identity
from mailflatrate.apps.transactional.compiled import message_values
from mailflatrate.apps.transactional.models import TemplateEdition, TemplateVersion, TransactionalMessage
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.compose import Composer
from mailflatrate.mail.edition import EditionContent, Recipient, TransactionalStream
from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.liquid import LiquidTemplate
from mailflatrate.mail.source_errors import NOWHERE
from mailflatrate.settings.schema import load_settings


@tenancy.needs_account
def load_messages(message_ids: Collection[int]) -> list[TransactionalMessage]:
    """Return messages with everything that a sender needs of them, by id."""
    if not message_ids:
        return []
    related = TransactionalMessage.objects.select_related(
        "version__sender__domain", "version__template", "edition", "created_by"
    )
    return list(related.filter(id__in=message_ids).order_by("id"))


@tenancy.needs_account
def message_mail(account_id: int, message: TransactionalMessage, delivery_id: int) -> NoticeMail:
    """Return a message ready to compose.

    Raises EditionUnusable for an edition that isn't ours, and VaultError for data that were erased or moved here from
    another row (ADR 0010).
    """
    edition, version = message.edition, message.version
    if not edition.is_genuine or edition.version_id != version.id:
        raise EditionUnusable(mistake(NOWHERE, "not-ours"))
    values = message_values(
        version,
        data=message.open_data(),
        kind=message.reference_kind,
        reference=message.reference,
        account_name=current_account().name,
    )
    minute = int(clock.now().timestamp()) // 60
    composer = _composer(account_id, edition, version, minute)
    return NoticeMail(composer, Recipient(delivery_id, message.recipient, "", values))


def _composer(account_id: int, edition: TemplateEdition, version: TemplateVersion, minute: int) -> Composer:
    sender = version.sender
    if sender is None:
        raise EditionUnusable(mistake(NOWHERE, "no-sender"))
    stream = TransactionalStream(
        account_id=account_id,
        account_label=key_ring().account_label(account_id),
        mailing_id=version.mailing_id,
        sender=NamedAddress(sender.email, sender.display_name),
        bounce_domain=sender.domain.bounce_host,
        feedback_domain=sender.domain.bounce_host,
        language=version.language,
    )
    return _make_composer(edition.subject, edition.html, edition.text, stream, sender.domain_id, minute)


@lru_cache(maxsize=64)
def _make_composer(
    subject: str, html: str, text: str, stream: TransactionalStream, domain_id: int, _minute: int
) -> Composer:
    """Return a composer, cached for one minute because the key may change."""
    content = EditionContent.of(
        LiquidTemplate.parse_checked(subject, autoescape=False, single_line=True),
        LiquidTemplate.parse_checked(html, autoescape=True),
        LiquidTemplate.parse_checked(text, autoescape=False),
    )
    signers = load_signers(SenderDomain.objects.get(id=domain_id))
    return Composer(content, stream, service_identity(load_settings()), key_ring(), signers)

"""Transactional messages as the sender makes them: the sealed edition of a reviewed version, and one person's data."""

from collections.abc import Collection
from functools import lru_cache

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.delivery.planning.editions import NoticeMail
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.gate.message_composition import (
    EditionUnusable,
    load_signers,
    marked_as_test,
    service_identity,
)
from mailflatrate.apps.gate.template_test import read_template_test
from mailflatrate.apps.transactional.compiled import message_values
from mailflatrate.apps.transactional.models import TemplateVersion, TransactionalMessage
from mailflatrate.apps.transactional.queries import is_proved
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.liquid import LiquidTemplate
from mailflatrate.mail.message.compose import Composer
from mailflatrate.mail.message.edition import EditionContent, Recipient, TransactionalStream
from mailflatrate.mail.source_errors import NOWHERE
from mailflatrate.settings.schema import load_settings


@tenancy.needs_account
def load_messages(message_ids: Collection[int]) -> list[TransactionalMessage]:
    if not message_ids:
        return []
    related = TransactionalMessage.objects.select_related(
        "version__sender__domain", "version__template", "edition", "created_by"
    )
    return list(related.filter(id__in=message_ids).order_by("id"))


@tenancy.needs_account
def template_test_mail(account_id: int, notice: Notice, delivery_id: int) -> NoticeMail:
    """As the version was when someone asked for it. Raises EditionUnusable for another version's result or an
    unverified sender, VaultError for what was sealed for someone else.
    """
    version = TemplateVersion.objects.select_related("sender__domain").get(id=notice.template_version_id or 0)
    kept = read_template_test(notice)
    if kept.version_id != version.id:
        raise EditionUnusable(mistake(NOWHERE, "not-ours"))
    if not is_proved(version.sender):
        raise EditionUnusable(mistake(NOWHERE, "no-sender"))
    composer = _composer(account_id, kept.parts, version, int(clock.now().timestamp()) // 60, test=True)
    return NoticeMail(composer, Recipient(delivery_id, notice.recipient, "", kept.values))


@tenancy.needs_account
def message_mail(account_id: int, message: TransactionalMessage, delivery_id: int) -> NoticeMail:
    """Raises EditionUnusable for an edition not ours, VaultError for data erased or of another row (ADR 0010)."""
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
    composer = _composer(account_id, (edition.subject, edition.html, edition.text), version, minute)
    return NoticeMail(composer, Recipient(delivery_id, message.recipient, "", values))


def _composer(
    account_id: int, parts: tuple[str, str, str], version: TemplateVersion, minute: int, *, test: bool = False
) -> Composer:
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
    return _make_composer(parts, stream, sender.domain_id, minute, test=test)


@lru_cache(maxsize=64)
def _make_composer(
    parts: tuple[str, str, str], stream: TransactionalStream, domain_id: int, _minute: int, *, test: bool
) -> Composer:
    """Cached for one minute because the key may change."""
    subject, html, text = parts
    content = EditionContent.of(
        LiquidTemplate.parse_checked(subject, autoescape=False, single_line=True),
        LiquidTemplate.parse_checked(html, autoescape=True),
        LiquidTemplate.parse_checked(text, autoescape=False),
    )
    if test:
        content = marked_as_test(content)
    signers = load_signers(SenderDomain.objects.get(id=domain_id))
    return Composer(content, stream, service_identity(load_settings()), key_ring(), signers)

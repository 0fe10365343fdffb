"""A sender process's cache of composers."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mailflatrate.apps.accounts.models import Account, Notice
from mailflatrate.apps.campaigns.content.campaign_content import click_url, templates_of
from mailflatrate.apps.campaigns.content.personalization import NO_DEFAULTS, recipient_values
from mailflatrate.apps.campaigns.coupons import pools_shown, sample_codes
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.campaigns.seals import is_genuine
from mailflatrate.apps.campaigns.translations import campaign_of
from mailflatrate.apps.domains.models import DkimKey, SenderDomain
from mailflatrate.apps.gate.message_composition import (
    EditionUnusable,
    campaign_stream,
    edition_content,
    load_signers,
    service_identity,
)
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.apps.lists.models import Contact, MailingList
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.author_mistakes import from_problem, mistake
from mailflatrate.mail.headers import HeaderError, NamedAddress
from mailflatrate.mail.links import LinkKind, ServiceLink
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.mail.message.compose import ComposeError, Composer
from mailflatrate.mail.message.edition import EditionContent, EditionPart, NoticeStream, Recipient
from mailflatrate.mail.message.service_text import notice_content
from mailflatrate.mail.segments import Segment, Static
from mailflatrate.mail.signing.dkim import Signer, SigningKeyError
from mailflatrate.mail.source_errors import NOWHERE
from mailflatrate.settings.schema import Settings, load_settings

KEPT_EDITIONS = 32


@dataclass(frozen=True, slots=True)
class EditionMail:
    """Composers by list ID; `personal` for those who agreed to personal click tracking (R-107)."""

    edition_id: int
    account_name: str
    mailing_id: str
    language: str
    composers: dict[int, Composer]
    list_names: dict[int, str]
    personal: dict[int, Composer] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    pools: Mapping[str, int] = field(default_factory=dict)

    def recipient(self, row: RecipientRow, coupons: Mapping[str, str] = NO_DEFAULTS) -> Recipient:
        """`coupons`: the contact's code of each pool."""
        assert row.email is not None and row.list_id is not None
        first, last = row.first_name or "", row.last_name or ""
        return Recipient(
            row.delivery_id,
            row.email,
            f"{first} {last}".strip(),
            recipient_values(
                email=row.email,
                first_name=first,
                last_name=last,
                attributes=row.attributes or {},
                account_name=self.account_name,
                list_name=row.list_name or "",
                mailing_id=self.mailing_id,
                subscribed_at=row.consent_at,
                source=row.consent_source or "",
                language=self.language,
                defaults=self.defaults,
                coupons=coupons,
            ),
        )


def edition_mail(account_id: int, edition_id: int, *, test: bool = False) -> EditionMail:
    """Raises EditionUnusable."""
    with tenancy.account(account_id):
        edition = Edition.objects.select_related("campaign__sender__domain").get(id=edition_id)
        if not is_genuine(edition):
            raise EditionUnusable(mistake(NOWHERE, "not-ours"))
        campaign = campaign_of(edition)
        account = Account.objects.get(id=account_id)
        lists = list(MailingList.objects.filter(id__in=campaign.list_ids))
        try:
            signers = load_signers(_sender_domain(campaign))
            content = edition_content(templates_of(edition), test=test)
            composers = _composers(content, campaign, lists, signers)
            personal = _composers(personal_content(content, edition), campaign, lists, signers) if (
                edition.links and campaign.track_clicks and not test
                and Contact.objects.filter(tracking_event_id__isnull=False).exists()
            ) else {}  # fmt: skip
        except (ComposeError, HeaderError, SigningKeyError, SourceRefused, ValueError) as problem:
            raise EditionUnusable(from_problem(problem)) from problem
    names = {mailing_list.id: mailing_list.public_name for mailing_list in lists}
    return EditionMail(
        edition_id,
        account.name,
        campaign.mailing_id,
        campaign.language,
        composers,
        names,
        personal,
        edition.facts.get("defaults", NO_DEFAULTS),
        pools_shown(edition),
    )


def _composers(
    content: EditionContent, campaign: Campaign, lists: Sequence[MailingList], signers: Sequence[Signer]
) -> dict[int, Composer]:
    service = service_identity(load_settings())
    return {
        mailing_list.id: Composer(content, campaign_stream(campaign, mailing_list), service, key_ring(), signers)
        for mailing_list in lists
    }


def personal_content(content: EditionContent, edition: Edition) -> EditionContent:
    """Links lead to one delivery (R-107, R-108), except in conditions and after assignments: these stay anonymous."""
    urls = {click_url(edition.account_id, edition.id, link["number"]): link["number"] for link in edition.links}
    pattern = re.compile("|".join(re.escape(url) for url in sorted(urls, key=len, reverse=True)))

    def pieces(part: EditionPart) -> EditionPart:
        parts: list[Segment | ServiceLink] = []
        for segment in part.segments:
            if not isinstance(segment, Static):
                parts.append(segment)
                continue
            position = 0
            for match in pattern.finditer(segment.text):
                parts += [Static(segment.text[position : match.start()])] if match.start() > position else []
                parts.append(ServiceLink(LinkKind.PERSONAL_CLICK, urls[match.group()]))
                position = match.end()
            parts += [Static(segment.text[position:])] if position < len(segment.text) else []
        return replace(part, segments=tuple(parts))

    return replace(content, html=pieces(content.html), text=pieces(content.text))


def _sender_domain(campaign: Campaign) -> SenderDomain:
    if campaign.sender is None:
        raise EditionUnusable(mistake(NOWHERE, "no-sender"))
    return campaign.sender.domain


class EditionCache:
    def __init__(self, load: Callable[[int, int], EditionMail] = edition_mail) -> None:
        self._load = load
        self._kept: OrderedDict[int, EditionMail] = OrderedDict()

    def find(self, edition_id: int) -> EditionMail | None:
        if edition_id in self._kept:
            self._kept.move_to_end(edition_id)
        return self._kept.get(edition_id)

    def load(self, account_id: int, edition_id: int) -> EditionMail:
        """Call it from a thread that may use the ORM. Raises EditionUnusable."""
        mail = self._load(account_id, edition_id)
        self._kept[edition_id] = mail
        while len(self._kept) > KEPT_EDITIONS:
            self._kept.popitem(last=False)
        return mail


@dataclass(frozen=True, slots=True)
class NoticeMail:
    composer: Composer
    recipient: Recipient


@tenancy.needs_account
def notice_mail(account_id: int, notice: Notice, delivery_id: int) -> NoticeMail:
    settings = load_settings()
    sender = NamedAddress(f"service@{settings.service_domain}", settings.service_name)
    reply_to = NamedAddress(notice.reply_to, settings.service_name) if notice.reply_to else None
    bounce_domain = f"bounce.{settings.service_domain}"
    stream = NoticeStream(account_id, sender, bounce_domain, reply_to, notice.in_reply_to, notice.language)
    content = notice_content(notice.subject, notice.marked_text, notice.language, settings.service_name)
    composer = Composer(content, stream, service_identity(settings), key_ring(), house_signers(settings))
    return NoticeMail(composer, Recipient(delivery_id, notice.recipient))


def house_signers(settings: Settings) -> Sequence[Signer]:
    """Of the service's own domain. Empty only if it can't have a key: then no service message leaves this machine."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        domain = SenderDomain.objects.filter(account__is_house=True, name=settings.service_domain).first()
        return (
            load_signers(domain) if domain and DkimKey.objects.filter(domain=domain, retired_at=None).exists() else ()
        )


@tenancy.needs_account
def test_mail(account_id: int, notice: Notice, delivery_id: int) -> NoticeMail:
    """Written for the sample contact, addressed to a colleague. Raises EditionUnusable."""
    assert notice.edition_id is not None
    mail = edition_mail(account_id, notice.edition_id, test=True)
    contact = Contact.objects.filter(id=notice.sample_contact_id or 0).first()
    list_id, composer = next(iter(mail.composers.items()), (0, None))
    if composer is None:
        raise EditionUnusable(mistake(NOWHERE, "no-list"))
    values = recipient_values(
        email=contact.email if contact else notice.recipient,
        first_name=contact.first_name if contact else "Dora",
        last_name=contact.last_name if contact else "Beispiel",
        attributes=contact.attributes if contact else {},
        account_name=mail.account_name,
        list_name=mail.list_names[list_id],
        mailing_id=mail.mailing_id,
        subscribed_at=notice.created_at,
        source="test",
        language=mail.language,
        defaults=mail.defaults,
        coupons=sample_codes(mail.pools),
    )
    return NoticeMail(composer, Recipient(delivery_id, notice.recipient, "", values))

"""What a campaign's messages are composed of: content, stream, signers; for the gate's sample and the engine."""

import re
from dataclasses import replace

from mailflatrate.apps.campaigns.content.campaign_content import EditionTemplates
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.domains.queries import signing_key
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.links import LINK_VARIABLES
from mailflatrate.mail.liquid import LiquidTemplate
from mailflatrate.mail.message.edition import CampaignStream, EditionContent, EditionPart, ServiceIdentity
from mailflatrate.mail.segments import Static
from mailflatrate.mail.signing.dkim import Signer
from mailflatrate.mail.source_errors import NOWHERE, ReportedMistake
from mailflatrate.settings.schema import Settings

TEST_MARK = "[Test] "
_NOT_A_LETTER = re.compile(r"[^A-Za-z0-9]")


class EditionUnusable(ReportedMistake):
    """Raised when no message can be made from this edition; the error explains why, for the customer."""


def load_signers(domain: SenderDomain) -> tuple[Signer, ...]:
    """Return the signer of a domain's current key. Raises EditionUnusable without one: all mail is signed (R-59)."""
    key = signing_key(domain)
    if key is None:
        raise EditionUnusable(mistake(NOWHERE, "no-signing-key", domain.name))
    return (Signer(domain.name, key.selector, key.open()),)


def service_identity(settings: Settings) -> ServiceIdentity:
    word = _NOT_A_LETTER.sub("", settings.service_name)[:15]
    return ServiceIdentity(
        mail_domain=settings.service_domain,
        web_base_url=settings.public_url,
        feedback_sender_id=word if len(word) >= 5 else f"{word}mails"[:15],
        csa_complaints=settings.csa_complaints_address,
    )


def edition_content(templates: EditionTemplates, *, test: bool) -> EditionContent:
    sources = templates.subject.source + templates.html.source + templates.text.source
    content = EditionContent(
        subject=_part(templates.subject),
        html=_part(templates.html),
        text=_part(templates.text),
        rendered_links=frozenset(kind for kind, name in LINK_VARIABLES.items() if name in sources),
    )
    return marked_as_test(content) if test else content


def marked_as_test(content: EditionContent) -> EditionContent:
    subject = replace(content.subject, segments=(Static(TEST_MARK), *content.subject.segments))
    return replace(content, subject=subject)


def _part(template: LiquidTemplate) -> EditionPart:
    return EditionPart(template.segments, template.render_dynamic)


def campaign_stream(campaign: Campaign, mailing_list: MailingList) -> CampaignStream:
    """The same for all messages of one campaign to one list. The campaign must have a sender."""
    sender = campaign.sender
    assert sender is not None
    domain = sender.domain
    from_box = NamedAddress(sender.email, sender.display_name)
    return CampaignStream(
        account_id=campaign.account_id,
        account_label=key_ring().account_label(campaign.account_id),
        mailing_id=campaign.mailing_id,
        sender=from_box,
        reply_to=NamedAddress(campaign.reply_to) if campaign.reply_to else from_box,
        bounce_domain=domain.bounce_host,
        list_identifier=f"{mailing_list.code}.{domain.name}",
        list_name=mailing_list.public_name,
        feedback_domain=domain.bounce_host,
        language=campaign.language,
    )

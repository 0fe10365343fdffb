"""What the campaign chain asks about, gathered from the rows of the earlier stops."""

from dataclasses import replace

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.compiling import compile_campaign
from mailflatrate.apps.campaigns.facts import (
    broken_content_facts,
    content_facts,
    history_facts,
    release_facts,
)
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.apps.domains.facts import sender_facts
from mailflatrate.apps.gate.audience import audience_facts
from mailflatrate.apps.gate.sample import sampled
from mailflatrate.base import clock
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.mail.liquid.mistakes import mistake
from mailflatrate.rules.facts import CampaignFacts, ContentFacts, SampleFacts, SpamScore

NO_IMPRINT = (mistake(1, "no-imprint"),)


def campaign_facts(campaign: Campaign) -> CampaignFacts:
    """Everything the campaign chain asks about, at this moment."""
    imprint, account = newest_imprint(), current_account()
    mailings_sent, history = history_facts(campaign)
    content, sample, spam = _letter_facts(campaign)
    return CampaignFacts(
        account=replace(account_facts(account), mailings_sent=mailings_sent),
        release=release_facts(campaign, imprint, supervised=account.supervised, four_eyes=account.four_eyes),
        sender=sender_facts(campaign.sender, campaign.reply_to),
        imprint=structured_imprint(imprint),
        content=content,
        audience=audience_facts(campaign),
        history=history,
        sample=sample,
        spam=spam,
    )


def _letter_facts(campaign: Campaign) -> tuple[ContentFacts, SampleFacts | None, SpamScore | None]:
    """Compile the draft as it stands, write one letter of it, and say what can be seen; mistakes become findings."""
    imprint = newest_imprint()
    if imprint is None:
        return broken_content_facts(campaign, NO_IMPRINT), None, None
    attributes = attribute_names()
    try:
        compiled = compile_campaign(campaign, imprint, edition_id=None, attributes=attributes)
    except SourceRefused as refused:
        return broken_content_facts(campaign, tuple(refused.errors)), None, None
    sample, spam = sampled(campaign, compiled, attributes, clock.now())
    return content_facts(campaign, compiled), sample, spam

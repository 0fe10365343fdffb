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
from mailflatrate.mail.liquid import SourceError, SourceRefused
from mailflatrate.rules.facts import CampaignFacts, ContentFacts

PREVIEW_EDITION = 0
NO_IMPRINT = (SourceError(1, "the imprint is missing"),)


def compiled_facts(campaign: Campaign) -> ContentFacts:
    """Compile the draft as it stands and say what can be seen in it; mistakes become findings."""
    imprint = newest_imprint()
    if imprint is None:
        return broken_content_facts(campaign, NO_IMPRINT)
    try:
        compiled = compile_campaign(campaign, imprint, edition_id=PREVIEW_EDITION, attributes=attribute_names())
    except SourceRefused as refused:
        return broken_content_facts(campaign, tuple(refused.errors))
    return content_facts(campaign, compiled)


def campaign_facts(campaign: Campaign) -> CampaignFacts:
    """Everything the campaign chain asks about, at this moment."""
    imprint, account = newest_imprint(), current_account()
    mailings_sent, history = history_facts(campaign)
    return CampaignFacts(
        account=replace(account_facts(account), mailings_sent=mailings_sent),
        release=release_facts(campaign, imprint, supervised=account.supervised),
        sender=sender_facts(campaign.sender, campaign.reply_to),
        imprint=structured_imprint(imprint),
        content=compiled_facts(campaign),
        audience=audience_facts(campaign),
        history=history,
    )

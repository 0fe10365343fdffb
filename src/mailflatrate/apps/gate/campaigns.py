"""The facts for the campaign rules, gathered from the rows of the earlier apps."""

from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mailflatrate.apps.accounts.facts import account_facts, structured_imprint
from mailflatrate.apps.accounts.models import Imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.content.campaign_content import compile_campaign
from mailflatrate.apps.campaigns.content.child_compiler import CompiledCampaign
from mailflatrate.apps.campaigns.content.missing_values import missing_fields
from mailflatrate.apps.campaigns.facts import (
    broken_content_facts,
    content_facts,
    history_facts,
    release_facts,
)
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.apps.campaigns.recipients import RecipientCount, count_recipients
from mailflatrate.apps.campaigns.variants import all_variants
from mailflatrate.apps.domains.facts import sender_facts
from mailflatrate.apps.gate.audience import audience_facts
from mailflatrate.apps.gate.sample import sampled
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.campaigns.ab_test import VARIANT_LETTERS
from mailflatrate.rules.facts import CampaignFacts, ContentFacts, SampleFacts, SpamScore
from mailflatrate.rules.gate.judge import judge_campaign
from mailflatrate.rules.skip_reasons import WithholdReason
from mailflatrate.rules.verdict import Param, Verdict

NO_IMPRINT = (mistake(1, "no-imprint"),)


@tenancy.unlimited(UnlimitedReason.RULES)
def campaign_facts(campaign: Campaign) -> CampaignFacts:
    imprint, account = newest_imprint(), current_account()
    campaigns_sent, history = history_facts(campaign)
    content, sample, spam = _message_facts(campaign, imprint)
    return CampaignFacts(
        account=replace(account_facts(account), campaigns_sent=campaigns_sent),
        release=release_facts(campaign, imprint, supervised=account.supervised, four_eyes=account.four_eyes),
        sender=sender_facts(campaign.sender, campaign.reply_to),
        imprint=structured_imprint(imprint),
        content=content,
        audience=audience_facts(campaign),
        history=history,
        sample=sample,
        spam=spam,
    )


@tenancy.read_once
@tenancy.unlimited(UnlimitedReason.RULES)
@tenancy.reading_once()
def variants_facts(campaign: Campaign) -> list[CampaignFacts]:
    """Return the facts of every variant or language, the first one first; they differ only in content and language."""
    facts, others = [campaign_facts(campaign)], all_variants(campaign)[1:]
    imprint = newest_imprint() if others else None
    for other in others:
        content, sample, spam = _message_facts(other, imprint)
        audience = replace(facts[0].audience, language=other.language)
        facts.append(replace(facts[0], content=content, sample=sample, spam=spam, audience=audience))
    return facts


@tenancy.reading_once()
def promised_recipients(campaign: Campaign) -> RecipientCount:
    """`count_recipients` less those whom R-52 skips. Where variants skip different people, only the check counts them,
    as who gets which isn't known before. Raises SegmentError.
    """
    counted = count_recipients(campaign)
    texts = [facts.content for facts in variants_facts(campaign)]
    unfit = {(text.lacking_values, text.people_lacking_values) for text in texts}
    people = texts[0].people_lacking_values if len(unfit) == 1 else 0
    if not people:
        return counted
    skipped = MappingProxyType({**counted.skipped, WithholdReason.MISSING_VALUE.value: people})
    return replace(counted, recipients=counted.recipients - people, skipped=skipped)


def judge_whole(facts: list[CampaignFacts]) -> tuple[Verdict, list[Verdict]]:
    """The whole fails a rule if one does; the finding names which, in the parameter `variants` or `languages`."""
    verdicts = [judge_campaign(fact) for fact in facts]
    if len(verdicts) == 1:
        return verdicts[0], verdicts
    findings = []
    for row in zip(*(verdict.findings for verdict in verdicts), strict=True):
        failed = [number for number, finding in enumerate(row) if not finding.passed]
        if not failed or (len(failed) == len(row) and len({finding.params for finding in row}) == 1):
            findings.append(row[0])
            continue
        finding = row[failed[0]]
        findings.append(replace(finding, params=(*finding.params, _concerned(facts, failed))))
    return Verdict(verdicts[0].rules_version, tuple(findings)), verdicts


def _concerned(facts: list[CampaignFacts], numbers: list[int]) -> tuple[str, Param]:
    spoken = [fact.audience.language for fact in facts]
    if len(set(spoken)) > 1:
        return "languages", tuple(f"language.{spoken[number]}" for number in numbers)
    return "variants", ", ".join(VARIANT_LETTERS[number] for number in numbers)


def _message_facts(
    campaign: Campaign, imprint: Imprint | None
) -> tuple[ContentFacts, SampleFacts | None, SpamScore | None]:
    """Compile the draft as it is, write one message, and report what can be seen; mistakes become findings."""
    if imprint is None:
        return broken_content_facts(campaign, NO_IMPRINT), None, None
    attributes = attribute_names()
    try:
        compiled = compile_campaign(campaign, imprint, edition_id=None, attributes=attributes)
    except SourceRefused as refused:
        return broken_content_facts(campaign, tuple(refused.errors)), None, None
    try:
        content = content_facts(campaign, compiled)
        sample, spam = sampled(campaign, compiled, attributes, clock.now())
    except SourceRefused as refused:
        return broken_content_facts(campaign, tuple(refused.errors)), None, None
    return replace(content, **_lacking(campaign, compiled)), sample, spam


def _lacking(campaign: Campaign, compiled: CompiledCampaign) -> dict[str, Any]:
    """Who has no value that this text prints; a message of an automation is judged when someone reaches it."""
    if campaign.automation_id is not None or not campaign.list_ids:
        return {}
    with suppress(SourceRefused):  # that it takes too long is another check's finding
        missing = missing_fields(campaign, current_account(), compiled)
        return {"lacking_values": tuple(name for name, _n in missing.fields), "people_lacking_values": len(missing.ids)}
    return {}

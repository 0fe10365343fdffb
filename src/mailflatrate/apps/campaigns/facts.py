"""Convert rows of this app to facts for the rules."""

import re
from collections.abc import Iterable
from statistics import median

from mailflatrate.apps.accounts.models import Imprint
from mailflatrate.apps.campaigns.content.campaign_content import content_hash, is_calendar_url, read_events, read_polls
from mailflatrate.apps.campaigns.content.child_compiler import CompiledCampaign, facts_in_child, spoken_of_in_child
from mailflatrate.apps.campaigns.content.link_visits import visit_facts
from mailflatrate.apps.campaigns.content.placeholders import placeholders_in
from mailflatrate.apps.campaigns.media import media_ids_in
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview, ContentKind, Media
from mailflatrate.apps.campaigns.queries import approved_review, audience_lists, history_before, second_release
from mailflatrate.apps.lists.models import OriginState
from mailflatrate.base import clock
from mailflatrate.mail.author_mistakes import as_param
from mailflatrate.mail.content.facts import CompiledContentFacts as SeenContent
from mailflatrate.mail.content.merge_tags import merge_tags_in_markdown
from mailflatrate.mail.content.poll_links import Poll
from mailflatrate.mail.liquid import SourceError
from mailflatrate.rules.early_review import EarlyReview
from mailflatrate.rules.facts import ContentFacts, HistoryFacts, LinkFacts, ReleaseFacts
from mailflatrate.rules.phrases import tells_ai
from mailflatrate.rules.verdict import finding_from_json


def content_facts(campaign: Campaign, compiled: CompiledCampaign) -> ContentFacts:
    seen = facts_in_child(compiled)
    links = [LinkFacts(link.target, link.shown) for link in seen.link_texts if not is_calendar_url(link.target)]
    named = {link.url for link in links}
    unnamed = [link.url for link in compiled.sources.links if link.url not in named and not is_calendar_url(link.url)]
    events = read_events(campaign)
    polls = read_polls(campaign)
    linked = [*(event.words for event in events), *(poll.words for poll in polls)]
    texts = (campaign.subject, campaign.preheader, seen.visible_text, compiled.sources.text, *linked)
    words = "\n".join(texts)
    spoken = spoken_of_in_child(words, seen.visible_text)
    return ContentFacts(
        subject=campaign.subject,
        preheader=campaign.preheader,
        html_octets=seen.html_bytes,
        text_octets=seen.text_bytes,
        total_octets=seen.total_bytes,
        unsubscribe_in_html=seen.unsubscribe_in_html,
        unsubscribe_in_text=seen.unsubscribe_in_text,
        reason_in_html="{{ subscription.date }}" in compiled.sources.html,
        reason_in_text="{{ subscription.date }}" in compiled.sources.text,
        imprint_missing_html=seen.missing_imprint_html,
        imprint_missing_text=seen.missing_imprint_text,
        leftovers=(*seen.merge_tags, *_swallowed(campaign, seen)),
        active_elements=tuple(sorted(seen.forbidden_elements)),
        links=(*links, *map(LinkFacts, unnamed), *(LinkFacts(url) for event in events for url in event.urls)),
        images_without_alt=len(seen.images_without_alt),
        hidden=tuple(hidden.text for hidden in seen.hidden_text),
        imprint_faint=seen.faint_imprint,
        images=seen.image_count,
        visible_chars=seen.visible_chars,
        html_words=seen.html_words,
        shared_words=seen.shared_words,
        pixels=seen.pixels,
        dark_traps=seen.dark_traps,
        categories=spoken.categories,
        machine_orders=spoken.machine_orders,
        placeholders=_placeholders_left(campaign, seen, polls),
        images_without_source=seen.images_without_source,
        visits=visit_facts(campaign, (link.url for link in compiled.sources.links), seen),
        has_headings=seen.headings > 0,
        unsupported_css=seen.unsupported_css,
        oversized_images=seen.oversized_images,
        ai_pictures_unlabelled=() if spoken.tells_ai else _unlabelled(compiled.sources.html, campaign.account_id),
    )


def _swallowed(campaign: Campaign, seen: SeenContent) -> list[str]:
    """Return the merge tags of another system that Markdown made something else of (R-52)."""
    if campaign.content_kind != ContentKind.MARKDOWN:
        return []
    return [tag for tag in merge_tags_in_markdown(campaign.content) if tag not in seen.merge_tags]


def _placeholders_left(campaign: Campaign, seen: SeenContent, polls: Iterable[Poll]) -> tuple[str, ...]:
    lines = [line.strip() for line in campaign.text_override.splitlines()]
    asked = [line for poll in polls for line in poll.words.splitlines()]
    return placeholders_in([campaign.subject.strip(), campaign.preheader.strip(), *seen.blocks, *lines, *asked])


_IMG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"""<img\b[^>]*?\balt=(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def _unlabelled(html: str, account_id: int) -> tuple[str, ...]:
    """AI pictures that neither their description nor a sentence in the message, for all of them, discloses (R-53)."""
    made = Media.objects.filter(id__in=media_ids_in(html, account_id), made_by_ai=True).order_by("name", "id")
    unsaid = []
    for picture in made:
        tags = [tag for tag in _IMG.findall(html) if picture.id in media_ids_in(tag, account_id)]
        if not all(any(tells_ai("".join(alt)) for alt in _ALT.findall(tag)) for tag in tags):
            unsaid.append(picture.name)
    return tuple(unsaid)


def broken_content_facts(campaign: Campaign, errors: tuple[SourceError, ...]) -> ContentFacts:
    """Return facts for content that does not compile: each error counts as a merge tag that can't be filled (R-52)."""
    leftovers = tuple(as_param(error) for error in errors)
    return ContentFacts(
        subject=campaign.subject,
        preheader=campaign.preheader,
        html_octets=len(campaign.content.encode()),
        text_octets=len(campaign.content.encode()),
        total_octets=2 * len(campaign.content.encode()),
        unsubscribe_in_html=True,
        unsubscribe_in_text=True,
        reason_in_html=True,
        reason_in_text=True,
        leftovers=leftovers,
    )


def release_facts(
    campaign: Campaign, imprint: Imprint | None, *, supervised: bool, four_eyes: bool = False
) -> ReleaseFacts:
    """Tick, review and second person's approval, each with the content it is for (R-04, R-06)."""
    present = content_hash(campaign, imprint)
    review = approved_review(campaign.id, present)
    second = second_release(campaign, present) if four_eyes else None
    return ReleaseFacts(
        content_hash=present,
        acknowledged_hash=campaign.policy_hash,
        acknowledged_policy=campaign.policy_version,
        reviewed_by=str(review.reviewed_by) if review and not review.early else "",
        early_review=_early_review(review) if review and review.early else None,
        supervised=supervised,
        four_eyes=four_eyes,
        second_release_by=str(second.answered_by) if second else "",
    )


def _early_review(review: CampaignReview) -> EarlyReview:
    findings = [finding_from_json(reason) for reason in review.why]
    return EarlyReview(
        str(review.reviewed_by), review.recipients or 0, {finding.key: dict(finding.params) for finding in findings}
    )


def history_facts(campaign: Campaign) -> tuple[int, HistoryFacts]:
    """Return how many campaigns the account sent before this one, and facts about them (R-06, R-07)."""
    before = history_before(campaign)
    new_lists = tuple(
        row.name
        for row in audience_lists(campaign)
        if row.origin_state != OriginState.FORM and row.id not in before.list_ids
    )
    domain_id = campaign.sender.domain_id if campaign.sender else None
    return before.campaigns, HistoryFacts(
        now=clock.now(),
        last_campaign_at=before.last_at,
        sent_last_day=before.sent_last_day,
        usual=int(median(before.alike)) if before.alike else None,
        new_domain=domain_id is not None and domain_id not in before.sender_domain_ids,
        new_lists=new_lists,
    )

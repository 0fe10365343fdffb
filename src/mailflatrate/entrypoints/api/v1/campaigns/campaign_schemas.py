"""Response schemas of campaigns, and the conversion of API input into the values that the pages save."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urljoin
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError as FieldRefused
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AfterValidator, Field

from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, ContentKind, TestMetric
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.variants import FIELDS as VARIANT_FIELDS
from mailflatrate.apps.campaigns.variants import TEST_FIELDS
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.segments.conditions.checks import check_segment
from mailflatrate.apps.segments.conditions.tree import stored_form
from mailflatrate.apps.segments.models import Segment
from mailflatrate.entrypoints.api.v1.audience.lists import ListLanguage
from mailflatrate.entrypoints.api.v1.audience.segment_schemas import Conditions
from mailflatrate.entrypoints.api.v1.problems import wrong
from mailflatrate.entrypoints.api.v1.schemas import Id, RequestBodySchema, filled
from mailflatrate.entrypoints.presenters.outcomes import why_it_stands
from mailflatrate.entrypoints.presenters.panel import CheckItem
from mailflatrate.mail.content.campaign import MAX_CONTENT
from mailflatrate.mail.html.markdown_themes import THEMES
from mailflatrate.rules.campaigns.ab_test import LONGEST_TEST_HOURS, MOST_VARIANTS, SHARES
from mailflatrate.rules.sending.pace import LEAST_PER_HOUR, MOST_PER_HOUR
from mailflatrate.settings import load_settings

MOST_CHOSEN = 200


def _small_enough(text: str) -> str:
    if len(text.encode(errors="surrogatepass")) > MAX_CONTENT:
        raise ValueError(f"larger than {MAX_CONTENT // 1000} kB in UTF-8")
    return text


Line = Annotated[str, Field(max_length=250, pattern=r"^[^\r\n]*$")]
Title = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
Text = Annotated[str, Field(max_length=MAX_CONTENT), AfterValidator(_small_enough)]
Ids = Annotated[list[Id], Field(max_length=MOST_CHOSEN)]
PerHour = Annotated[int | None, Field(ge=LEAST_PER_HOUR, le=MOST_PER_HOUR, description="null: as fast as possible")]


class VariantInfo(Schema):
    """The content of a variant that replaces the campaign's own. The campaign itself is variant A."""

    subject: str
    preheader: str
    content: str
    text_override: str


class VariantRequest(RequestBodySchema):
    """A variant to save. Omitted fields are copied from the campaign itself."""

    subject: Line | None = None
    preheader: Line | None = None
    content: Annotated[Text | None, Field(description="of the same kind as the campaign's")] = None
    text_override: Text | None = None


class TranslationInfo(VariantInfo):
    """The text of a campaign in a further language. The campaign itself is the text in its own language."""

    language: str


class TranslationRequest(VariantRequest):
    """A text to save in a further language. Omitted fields are copied from the campaign itself."""

    language: ListLanguage


class CampaignInfo(Schema):
    """A campaign. `mailing_id` appears in every message, so recipients can quote it."""

    id: int
    mailing_id: str
    name: str
    subject: str
    state: CampaignState
    list_ids: list[int]
    created_at: datetime
    updated_at: datetime
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    labels: list[str]
    follow_up_of: Annotated[int | None, Field(description="the campaign that this one follows up")]


class FollowUpGoalInfo(Schema):
    """What a follow-up reminds people of: an event, or a click on a link (empty: on any)."""

    event: str = ""
    link: str = ""


class CampaignDetail(CampaignInfo):
    """A campaign with all its content.

    `content_hash` covers what recipients see and who they are; the policy is confirmed for exactly that (R-04).
    """

    preheader: str
    sender_id: int | None
    reply_to: str
    language: str
    conditions: Conditions
    excluded_list_ids: list[int]
    excluded_segment_ids: list[int]
    excluded_campaign_ids: list[int]
    content_kind: ContentKind
    theme: str
    content: str
    text_override: str
    is_locked: Annotated[
        bool, Field(description="only what `mf-slot` marks in the content can be changed by API; the studio unlocks it")
    ]
    track_clicks: bool
    link_parameters: Annotated[bool, Field(description="false: its links go without the account's parameters")]
    link_campaign: Annotated[str, Field(description="its name in web analytics; empty: made from its name")]
    follow_up_goal: Annotated[FollowUpGoalInfo | None, Field(description="null: it isn't a follow-up")]
    per_hour: int | None
    variants: Annotated[
        list[VariantInfo], Field(description="variants B to D of an A/B test; empty if there is no test")
    ]
    translations: Annotated[
        list[TranslationInfo],
        Field(description="the texts in further languages; each recipient gets the language they chose, or the first"),
    ]
    test_share: Annotated[int, Field(description="percentage of the audience that gets each variant")]
    test_hours: Annotated[int, Field(description="hours from the last test message to the choice of the winner")]
    test_metric: TestMetric
    time_zone: str
    local_at: Annotated[
        datetime | None,
        Field(
            description="sent in waves: at this local time in each recipient's time zone, given in `time_zone`, or "
            "from then on with `at_best_hour`; null: sent at one time"
        ),
    ]
    at_best_hour: Annotated[
        bool, Field(description="sends within 24 hours from `local_at`, at the hour at which each recipient confirmed")
    ]
    version: Annotated[
        int,
        Field(description="increases with every save; send it with a change to avoid overwriting someone else's edits"),
    ]
    content_hash: str
    policy_confirmed: Annotated[bool, Field(description="whether the policy is confirmed for the current content")]
    state_reason: str
    held_by_rule: Annotated[
        str, Field(description="the rule that keeps the campaign paused until our team has reviewed it (R-90)")
    ]


class CheckResult(Schema):
    """One of the checks before release. `state`: passed, blocked, waiting (for a reviewer), warning, todo."""

    id: str
    rule: str
    severity: Literal["block", "review", "warn", "info"]
    state: str
    sentence: str
    why: str
    remedy: str
    field: Annotated[str, Field(description="the field to fix")]
    page: Annotated[str, Field(description="the page where a person can fix it, if that isn't this campaign")]
    source: str


class CampaignFields(RequestBodySchema):
    """The content of a campaign. Omitted fields keep their value, or get the default of a new draft."""

    subject: Line | None = None
    preheader: Line | None = None
    sender_id: Annotated[Id | None, Field(description="a verified sender address; null: none yet")] = None
    reply_to: Annotated[str | None, Field(max_length=254, description="empty: replies go to the sender address")] = None
    language: Annotated[
        ListLanguage | None, Field(description="default for a new draft: the first list's language, or the account's")
    ] = None
    list_ids: Ids | None = None
    conditions: Conditions | None = None
    excluded_list_ids: Ids | None = None
    excluded_segment_ids: Ids | None = None
    excluded_campaign_ids: Ids | None = None
    content_kind: ContentKind | None = None
    theme: Annotated[
        Literal["", *THEMES] | None,  # type: ignore[valid-type]  # the themes that the editor offers
        Field(
            description="how Markdown looks: with the logo above, buttons (a bold link alone in a paragraph), wide "
            "pictures and a footer; empty: plain"
        ),
    ] = None
    content: Text | None = None
    text_override: Text | None = None
    track_clicks: bool | None = None
    link_parameters: Annotated[
        bool | None, Field(description="false: without the account's parameters for web analytics")
    ] = None
    link_campaign: Annotated[
        str | None, Field(max_length=60, pattern=r"^[^\r\n{}]*$", description="its name in web analytics")
    ] = None
    per_hour: PerHour = None
    variants: Annotated[
        list[VariantRequest] | None,
        Field(
            max_length=MOST_VARIANTS - 1,
            description="all variants B to D of an A/B test; an empty list removes the test",
        ),
    ] = None
    translations: Annotated[
        list[TranslationRequest] | None,
        Field(
            max_length=len(ListLanguage) - 1,
            description="all texts in further languages, each once, not with `variants`; an empty list removes them",
        ),
    ] = None
    test_share: Annotated[
        Literal[SHARES] | None,  # type: ignore[valid-type]  # the shares that the page offers
        Field(description="percentage of the audience that gets each variant; the rest gets the winner"),
    ] = None
    test_hours: Annotated[int | None, Field(ge=1, le=LONGEST_TEST_HOURS)] = None
    test_metric: Annotated[
        TestMetric | None,
        Field(description="clicks: the most-clicked variant wins; person: you choose with `choose-variant`"),
    ] = None
    time_zone: Annotated[str | None, Field(max_length=64)] = None


def detail(campaign: Campaign) -> CampaignDetail:
    present = content_hash(campaign, newest_imprint())
    return filled(
        CampaignDetail,
        campaign,
        excluded_campaign_ids=campaign.excluded_mailing_ids,
        content_hash=present,
        excluded_segment_ids=[segment["id"] for segment in campaign.excluded_segments],
        policy_confirmed=campaign.policy_hash == present,
        state_reason=why_it_stands(campaign),
        held_by_rule=campaign.hold_rule,
        link_parameters=not campaign.untagged_links,
        follow_up_goal=FollowUpGoalInfo(**(campaign.follow_up_goal or {})) if campaign.follow_up_of else None,
    )


def check(item: CheckItem) -> CheckResult:
    finding = item.finding
    page = "" if item.href.startswith("#") else item.href
    return CheckResult(
        id=finding.key, rule=item.rule, severity=finding.severity.value, state=item.state, sentence=item.title,
        why=item.reason, remedy=item.fix, field=finding.anchor,
        page=urljoin(load_settings().public_url, page) if page else "", source=item.source,
    )  # fmt: skip


def values_of(given: CampaignFields, campaign: Campaign | None) -> dict[str, Any]:
    """Return the submitted values under the names of `campaigns.draft_fields`. Raises Problem, SegmentError."""
    sent = given.model_fields_set
    plain = (
        "subject", "preheader", "track_clicks", "content_kind", "theme", "language", "content",
        "text_override", *TEST_FIELDS,
    )  # fmt: skip
    values = {name: _plain(name, getattr(given, name)) for name in plain if getattr(given, name) is not None}
    for name in ("content_kind", "language", "test_metric"):
        if name in values:
            values[name] = values[name].value
    for name in ("sender_id", "per_hour"):
        if name in sent:
            values[name] = getattr(given, name)
    _check_sender(values.get("sender_id"))
    if given.reply_to is not None:
        values["reply_to"] = _address(given.reply_to.strip())
    if given.link_parameters is not None:
        values["untagged_links"] = not given.link_parameters
    if given.link_campaign is not None:
        values["link_campaign"] = " ".join(given.link_campaign.split())
    if given.time_zone is not None:
        values["time_zone"] = _zone(given.time_zone)
    if given.conditions is not None:
        values["conditions"] = stored_form(check_segment(given.conditions))
    if given.variants is not None:
        values["variants"] = [_variant(variant, values, campaign) for variant in given.variants]
    if given.translations is not None:
        values["translations"] = [
            {"language": translation.language.value, **_variant(translation, values, campaign)}
            for translation in given.translations
        ]
    return values | _audience(given, campaign)


def _plain(name: str, value: Any) -> Any:
    return value.replace("\r\n", "\n") if name in ("content", "text_override") else value


def _variant(given: VariantRequest, values: Mapping[str, Any], campaign: Campaign | None) -> dict[str, str]:
    first = {name: values.get(name, getattr(campaign, name) if campaign else "") for name in VARIANT_FIELDS}
    own = {name: getattr(given, name) for name in VARIANT_FIELDS}
    return first | {name: _plain(name, value) for name, value in own.items() if value is not None}


def _check_sender(sender_id: int | None) -> None:
    if sender_id is not None and not SenderAddress.objects.filter(id=sender_id, verified_at__isnull=False).exists():
        raise wrong("sender_id", _("not a verified sender address of this account"))


def _address(text: str) -> str:
    try:
        if text:
            validate_email(text)
    except FieldRefused as refused:
        raise wrong("reply_to", _("not an email address")) from refused
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise wrong("time_zone", _("not an IANA time zone, such as Europe/Berlin"))
    return text


def _audience(given: CampaignFields, campaign: Campaign | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    in_use = MailingList.objects.filter(archived_at=None)
    for name, rows in (("list_ids", in_use), ("excluded_list_ids", MailingList.objects.all())):
        asked = getattr(given, name)
        if asked is not None:
            existing = set(rows.filter(id__in=asked).values_list("id", flat=True))
            values[name] = _all_known(name, asked, existing)
    if given.excluded_segment_ids is not None:
        present = {
            row.id: {"id": row.id, "name": row.name, "conditions": row.conditions}
            for row in Segment.objects.filter(id__in=given.excluded_segment_ids)
        }
        kept = {segment["id"]: segment for segment in campaign.excluded_segments} if campaign else {}
        known_segments = kept | present
        asked = _all_known("excluded_segment_ids", given.excluded_segment_ids, set(known_segments))
        values["excluded_segments"] = [known_segments[number] for number in sorted(asked)]
    if given.excluded_campaign_ids is not None:
        out = Campaign.objects.filter(id__in=given.excluded_campaign_ids, started_at__isnull=False)
        existing = set(out.exclude(id=campaign.id if campaign else 0).values_list("id", flat=True))
        values["excluded_mailing_ids"] = sorted(
            _all_known("excluded_campaign_ids", given.excluded_campaign_ids, existing)
        )
    return values


def _all_known(name: str, asked: list[int], existing: set[int]) -> list[int]:
    unknown = [number for number in asked if number not in existing]
    if unknown:
        raise wrong(name, _("not in this account, or not in use: %(ids)s") % {"ids": ", ".join(map(str, unknown))})
    return list(dict.fromkeys(asked))

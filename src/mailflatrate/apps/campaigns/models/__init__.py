"""Tables of campaigns: drafts and their history, frozen editions, and their components."""

from mailflatrate.apps.campaigns.models.approval import ReleaseAnswer, ReleaseRequest
from mailflatrate.apps.campaigns.models.campaign import (
    DRAFT_MAYBE_SENT,
    MAYBE_SENT,
    STATE_LABELS,
    Campaign,
    CampaignReview,
    ContentKind,
    Edition,
    TestMetric,
)
from mailflatrate.apps.campaigns.models.comment import CampaignComment, CommentPlace
from mailflatrate.apps.campaigns.models.content import BrandKit, CampaignTemplate, Media, MediaFile, SavedBlock
from mailflatrate.apps.campaigns.models.content_lookup import ContentLookup, LookupKind, PageFetchCount
from mailflatrate.apps.campaigns.models.coupons import CouponCode, CouponPool
from mailflatrate.apps.campaigns.models.digest import DigestOutcome, FeedDigest, FeedItem
from mailflatrate.apps.campaigns.models.link_tagging import LinkTagging, LinkVisit, TagStyle
from mailflatrate.apps.campaigns.models.message_copy import BrandLookup, MessageCopy
from mailflatrate.apps.campaigns.models.test_list import TestList
from mailflatrate.apps.campaigns.models.version import CampaignVersion
from mailflatrate.apps.campaigns.models.writing import TASK_LABELS, WritingHelp, WritingRequest, WritingState
from mailflatrate.rules.campaigns.campaign_states import CampaignState

__all__ = [
    "DRAFT_MAYBE_SENT",
    "MAYBE_SENT",
    "STATE_LABELS",
    "TASK_LABELS",
    "BrandKit",
    "BrandLookup",
    "Campaign",
    "CampaignComment",
    "CampaignReview",
    "CampaignState",
    "CampaignTemplate",
    "CampaignVersion",
    "CommentPlace",
    "ContentKind",
    "ContentLookup",
    "CouponCode",
    "CouponPool",
    "DigestOutcome",
    "Edition",
    "FeedDigest",
    "FeedItem",
    "LinkTagging",
    "LinkVisit",
    "LookupKind",
    "Media",
    "MediaFile",
    "MessageCopy",
    "PageFetchCount",
    "ReleaseAnswer",
    "ReleaseRequest",
    "SavedBlock",
    "TagStyle",
    "TestList",
    "TestMetric",
    "WritingHelp",
    "WritingRequest",
    "WritingState",
]

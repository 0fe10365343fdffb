"""Labels with which colleagues sort campaigns. Readers never see them."""

from typing import Annotated

from django.db import transaction
from ninja import Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.actions import labels
from mailflatrate.apps.campaigns.models.campaign import LONGEST_LABEL
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.campaigns.campaign_schemas import CampaignInfo
from mailflatrate.entrypoints.api.v1.schemas import Id, RequestBodySchema
from mailflatrate.entrypoints.presenters.lookups import find_campaign

ROUTER = Router(tags=["Campaigns"])
Label = Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL, pattern=r"\S")]
Labels = Annotated[list[Label], Field(max_length=labels.MOST_LABELS)]


class LabelInfo(Schema):
    """A label, and how many campaigns have it."""

    name: str
    campaigns: int


class LabelList(Schema):
    """The account's labels by name."""

    items: list[LabelInfo]


class LabelChange(RequestBodySchema):
    """Labels to give a campaign, and to take from it. A campaign has up to ten."""

    add: Labels = []
    remove: Labels = []


@endpoint(ROUTER, "get", "/campaign-labels", scope=KeyScope.READ)
def list_campaign_labels(request: ApiRequest) -> LabelList:
    """List the account's labels of campaigns, by name."""
    return LabelList(items=[LabelInfo(name=name, campaigns=number) for name, number in labels.label_counts().items()])


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/labels", scope=KeyScope.CAMPAIGNS_DRAFT)
def change_campaign_labels(request: ApiRequest, campaign_id: Id, given: LabelChange) -> CampaignInfo:
    """Give a campaign labels, and take some from it. Any campaign can have them, sent ones too: no reader sees them.
    Upper and lower case are one label.
    """
    find_campaign(campaign_id)
    with transaction.atomic():
        for name in given.remove:
            labels.remove_label([campaign_id], name)
        for name in given.add:
            labels.add_label([campaign_id], name)
    return CampaignInfo.model_validate(find_campaign(campaign_id))

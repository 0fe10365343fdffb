"""The status of an A/B test, and choosing its winner."""

from datetime import datetime
from typing import Annotated

from ninja import Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.models import Campaign, TestMetric
from mailflatrate.apps.delivery.ab_test import by_person, choose_variant
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.stats.queries import variant_figures
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.campaigns.campaign_schemas import CampaignDetail, detail
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.schemas import Id, RequestBodySchema
from mailflatrate.entrypoints.presenters.ab_test import AbTestView, ab_test_of
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.rules.campaigns.ab_test import MOST_VARIANTS

ROUTER = Router(tags=["Release and report"])
Variant = Annotated[
    int, Field(ge=0, lt=MOST_VARIANTS, description="0 is the campaign itself (variant A), 1 is variant B")
]


class VariantResult(Schema):
    """One variant of an A/B test: messages delivered, clicks by people, and unsubscribes."""

    variant: int
    letter: str
    subject: str
    delivered: int
    clicks: int
    click_percent: float
    unsubscribed: int
    unsubscribed_percent: float


class AbTestInfo(Schema):
    """The status of an A/B test. `winner`: the variant the rest gets; null until it is chosen.

    `certainty` says how significant the difference is, `because` why this variant was chosen. Both are sentences.
    """

    share: int
    metric: TestMetric
    rest: Annotated[
        int, Field(description="recipients waiting for the winner, as counted when the campaign was planned")
    ]
    tested_at: Annotated[datetime | None, Field(description="when the last test message was sent")]
    decide_at: Annotated[
        datetime | None, Field(description="when the winner is chosen automatically; null: a person chooses")
    ]
    winner: int | None
    decided_at: datetime | None
    may_choose: bool
    certainty: str
    because: str
    variants: list[VariantResult]


class WinnerRequest(RequestBodySchema):
    """The winner, which the rest of the audience gets."""

    variant: Variant


def ab_test_info(campaign: Campaign) -> AbTestInfo | None:
    view = ab_test_of(campaign)
    return _shown(view) if view else None


def _shown(view: AbTestView) -> AbTestInfo:
    ab_test = view.ab_test
    return AbTestInfo(
        share=ab_test.share, metric=TestMetric(ab_test.metric), rest=ab_test.rest, tested_at=ab_test.tested_at,
        decide_at=ab_test.decide_at, winner=ab_test.winner, decided_at=ab_test.decided_at, may_choose=view.may_choose,
        certainty=view.sure, because=view.why,
        variants=[
            VariantResult(
                variant=line.arm.variant, letter=line.letter, subject=line.subject, delivered=line.arm.delivered,
                clicks=line.arm.clicks, click_percent=line.arm.click_percent, unsubscribed=line.arm.unsubscribed,
                unsubscribed_percent=line.arm.unsubscribed_percent,
            )
            for line in view.lines
        ],
    )  # fmt: skip


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/choose-variant", scope=KeyScope.CAMPAIGNS_RELEASE)
def choose(request: ApiRequest, campaign_id: Id, given: WinnerRequest) -> CampaignDetail:
    """Pick the variant that the rest of the audience gets.

    Possible only once, after the test messages were sent; the gate is asked again first (R-04).
    """
    find_campaign(campaign_id)
    ab_test = AbTest.objects.filter(campaign_id=campaign_id).first()
    if ab_test is None:
        raise Problem(Code.STATE)
    choose_variant(campaign_id, by_person(given.variant), variant_figures(ab_test), by=request.caller.user)
    return detail(find_campaign(campaign_id))

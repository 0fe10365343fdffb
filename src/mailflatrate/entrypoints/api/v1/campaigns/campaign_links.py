"""What was found behind the links of a campaign, and the parameters that the account adds to its links."""

from datetime import date, datetime
from typing import Annotated

from ninja import Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.content.link_tagging import tagging_of_account
from mailflatrate.apps.campaigns.content.link_visits import current_visits, stored_events, stored_prices
from mailflatrate.apps.campaigns.models import LinkVisit, TagStyle
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.schemas import Id, filled
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.rules.campaigns.linked_pages import LinkOutcome

ROUTER = Router(tags=["Campaigns"])


class LinkedPrice(Schema):
    """A price that a page states in its structured data. Amounts are decimals as text."""

    low: str
    high: str
    currency: str


class LinkedEvent(Schema):
    """The days of an event that a page states in its structured data."""

    first: date
    last: date


class LinkVisitInfo(Schema):
    """One link of a campaign and what was found when it was last visited. `waiting`: it wasn't visited yet."""

    url: str
    outcome: LinkOutcome
    problem: str
    final_url: Annotated[str, Field(description="where redirects led; empty if there were none")]
    redirects: int
    title: str
    prices: list[LinkedPrice]
    events: list[LinkedEvent]
    visited_at: datetime | None


class LinkVisitList(Schema):
    """The links of a campaign as it is now, each visited once before the release."""

    items: list[LinkVisitInfo]


class LinkParameters(Schema):
    """What the account adds to links of its own domains; a campaign's name there is its `link_campaign`."""

    is_on: bool
    style: TagStyle | None
    domains: list[str]
    source: str
    medium: str
    content: str


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/link-visits", scope=KeyScope.READ)
def list_link_visits(request: ApiRequest, campaign_id: Id) -> LinkVisitList:
    """List what was found behind a campaign's links. Each is visited once before the release, by a worker."""
    return LinkVisitList(items=[_visit(row) for row in current_visits(find_campaign(campaign_id).id)])


def _visit(row: LinkVisit) -> LinkVisitInfo:
    return filled(
        LinkVisitInfo,
        row,
        outcome=LinkOutcome.WAITING if row.visited_at is None else LinkOutcome(row.outcome),
        prices=[
            LinkedPrice(low=str(stored_price.low), high=str(stored_price.high), currency=stored_price.currency)
            for stored_price in stored_prices(row)
        ],
        events=[LinkedEvent(first=stored_event.first, last=stored_event.last) for stored_event in stored_events(row)],
    )


@endpoint(ROUTER, "get", "/link-parameters", scope=KeyScope.READ)
def show_link_parameters(request: ApiRequest) -> LinkParameters:
    """Show which parameters for web analytics the account adds to its links. A person sets them in the studio."""
    tagging = tagging_of_account()
    if tagging is None:
        return LinkParameters(is_on=False, style=None, domains=[], source="", medium="", content="")
    return LinkParameters.model_validate(tagging)

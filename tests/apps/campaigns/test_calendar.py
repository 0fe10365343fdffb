"""What the calendar shows of campaigns and RSS campaigns."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mailflatrate.apps.campaigns.calendar import campaigns_between, issues_between, requests_between
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, FeedDigest, ReleaseRequest
from mailflatrate.base import tenancy
from support.customers import sending_customer

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN, END = datetime(2027, 3, 1, tzinfo=BERLIN), datetime(2027, 4, 5, tzinfo=BERLIN)


def test_each_campaign_has_one_moment_and_a_feed_one_for_each_issue() -> None:
    anna = sending_customer(people=0)
    drafts = [anna.draft(name) for name in ("Planned", "By their clocks", "Sent", "Canceled", "A draft", "Requested")]
    inside = BEGIN + timedelta(days=3)
    values: list[dict[str, object]] = [
        {"state": CampaignState.SCHEDULED, "scheduled_at": inside},
        {"state": CampaignState.SCHEDULED, "scheduled_at": BEGIN - timedelta(hours=9), "local_at": BEGIN},
        {"state": CampaignState.SENT, "started_at": END - timedelta(seconds=1)},
        {"state": CampaignState.CANCELLED, "started_at": END},
    ]
    with tenancy.account(anna.account_id):
        for draft, changes in zip(drafts, values, strict=False):
            Campaign.objects.filter(id=draft.id).update(policy_hash=draft.policy_hash, **changes)
        ReleaseRequest.objects.create(
            campaign=drafts[5], content_hash="0" * 64, wanted_at=inside, asked_by=anna.owner, asked_at=BEGIN
        )
        FeedDigest.objects.create(
            name="Garden blog",
            url="https://lindenhof.example/feed",
            mailing_list_id=anna.list_id,
            weekday=0,
            at="08:00",
            time_zone=BERLIN.key,
            next_at=datetime(2027, 3, 8, 7, tzinfo=UTC),
        )
        found = campaigns_between(BEGIN, END)
        assert [row.name for _at, row in found] == ["By their clocks", "Planned", "Sent"]
        assert [at for at, _row in found] == [BEGIN, inside, END - timedelta(seconds=1)]
        assert [row.campaign.name for row in requests_between(BEGIN, END)] == ["Requested"]
        days = [at.astimezone(BERLIN) for _digest, at in issues_between(BEGIN, END)]
    assert [day.day for day in days] == [8, 15, 22, 29]
    assert {day.hour for day in days} == {8}, "through the change to summer time"

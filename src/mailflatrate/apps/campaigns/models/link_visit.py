"""What was found behind the links of a campaign."""

from django.db import models

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.campaigns.linked_pages import LinkOutcome

LONGEST_PROBLEM = 200


class LinkVisit(TenantModel):
    """One link of a campaign, and its last visit; `visited_at` None: it waits. The page states `prices` (low, high,
    currency) and `events` (first, last day); `text` is its beginning. `is_current`: still in the campaign.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="link_visits")
    url = models.TextField()
    key = models.CharField(max_length=64, help_text="SHA-256 of the URL")
    outcome = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in LinkOutcome], default=LinkOutcome.WAITING
    )
    problem = models.CharField(max_length=LONGEST_PROBLEM, blank=True)
    final_url = models.TextField(blank=True)
    redirects = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=600, blank=True)
    prices = models.JSONField(default=list)
    events = models.JSONField(default=list)
    is_current = models.BooleanField(default=True)
    visited_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "link_visit"
        constraints = [models.UniqueConstraint(fields=["account", "campaign", "key"], name="link_visit_once")]

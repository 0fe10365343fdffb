"""The account's parameters for web analytics in the links of its campaigns."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.campaigns.linked_pages import LinkOutcome


class TagStyle(models.TextChoices):
    """How the parameters are called."""

    UTM = "utm", _("utm_… (Google Analytics 4, Matomo and most others)")
    MATOMO = "mtm", _("mtm_… (Matomo)")


class LinkTagging(TenantModel):
    """What is added to links of the account's own domains; a campaign may say otherwise, or turn it off."""

    is_on = models.BooleanField()
    style = models.CharField(max_length=3, choices=TagStyle.choices)
    domains = ArrayField(models.CharField(max_length=253), default=list)
    source = models.CharField(max_length=60)
    medium = models.CharField(max_length=60)
    content = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "link_tagging"
        constraints = [models.UniqueConstraint(fields=["account"], name="link_tagging_once")]


LONGEST_PROBLEM = 200


class LinkVisit(TenantModel):
    """One link of a campaign, and its last visit; `visited_at` None: it waits. The page states `prices` (low, high,
    currency) and `events` (first, last day); `text` is its beginning. `is_current`: still in the campaign.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="link_visits")
    url = models.TextField()
    key = models.CharField(max_length=64, help_text="SHA-256 of the URL")
    outcome = models.CharField(
        max_length=10,
        choices=[(link_outcome.value, link_outcome.value) for link_outcome in LinkOutcome],
        default=LinkOutcome.WAITING,
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

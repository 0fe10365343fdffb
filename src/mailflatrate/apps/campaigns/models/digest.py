"""Recurring digests of a feed: their settings, and the entries already known."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.apps.campaigns.models.content import CampaignTemplate
from mailflatrate.base.tenancy import TenantModel

EVERY_DAY = 7


class DigestOutcome(models.TextChoices):
    """The result of the last feed check. WAITS: the previous issue is still a draft. USED_UP: not checked, because the
    account's pages of the day are used up.
    """

    NONE = "", _("Not checked yet")
    READ = "read", _("Read")
    DRAFTED = "drafted", _("Issue prepared")
    TOO_FEW = "too_few", _("Too few new entries")
    WAITS = "waits", _("The previous issue hasn't been released yet")
    MISSING = "missing", _("Nothing was found at this address")
    FAILED = "failed", _("The address doesn't respond as expected")
    UNKNOWN = "unknown", _("The address couldn't be reached")
    NO_FEED = "no_feed", _("This address isn't an RSS or Atom feed")
    USED_UP = "used_up", _("Not checked: your account has reached its daily limit of web pages")


FAILURES = frozenset({DigestOutcome.MISSING, DigestOutcome.FAILED, DigestOutcome.UNKNOWN, DigestOutcome.NO_FEED})


class FeedDigest(TenantModel):
    """Prepares a draft from new entries of a feed, on a weekday (0 is Monday) or EVERY_DAY; never sends. Without a
    `url`, the draft is a copy of the template. `detail`: the technical message of the last failure.
    """

    name = models.CharField(max_length=100)
    url = models.CharField(max_length=500)
    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.CASCADE, related_name="+")
    sender = models.ForeignKey("domains.SenderAddress", null=True, on_delete=models.SET_NULL, related_name="+")
    template = models.ForeignKey(CampaignTemplate, null=True, on_delete=models.SET_NULL, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    at = models.TimeField()
    time_zone = models.CharField(max_length=64)
    minimum = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    next_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, help_text="someone is waiting for a check")
    checked_at = models.DateTimeField(null=True, db_column="looked_at")
    outcome = models.CharField(max_length=10, choices=DigestOutcome.choices, default=DigestOutcome.NONE, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="consecutive failures")
    last_issue = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "feed_digest"
        indexes = [models.Index(fields=["next_at"], condition=models.Q(is_active=True), name="feed_digest_due")]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="feed_digest_name_once")]

    def __str__(self) -> str:
        return self.name


class FeedItem(TenantModel):
    """A feed entry known to a digest. `used_at`: an issue included it, or it was already old when found."""

    digest = models.ForeignKey(FeedDigest, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(max_length=64)
    title = models.CharField(max_length=250)
    summary = models.CharField(max_length=400, blank=True)
    link = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "feed_item"
        constraints = [models.UniqueConstraint(fields=["account", "digest", "key"], name="feed_item_once")]

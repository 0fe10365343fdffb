"""The table of copies: messages of other systems that become drafts."""

from django.db import models

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.long_task import LongTask


class MessageCopy(LongTask):
    """A message to be copied into a draft, from a page or an HTML file. `source`: the file until it was read. `notes`:
    kind, number and samples of what was left out (`mail.fetched.values.LeftOut`).
    """

    JOB = "campaigns.copy_message"
    QUEUE = JobQueue.FETCH

    name = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    source = models.TextField(blank=True)
    notes = models.JSONField(default=list)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "message_copy"
        indexes = [models.Index(fields=["account", "-created_at"], name="message_copy_recent")]


class BrandLookup(LongTask):
    """A brand found on a website; nothing changes before someone saves it. `logo`: a picture taken into Media."""

    JOB = "campaigns.look_up_brand"
    QUEUE = JobQueue.FETCH

    url = models.CharField(max_length=2000)
    values = models.JSONField(default=dict)
    colors = models.JSONField(default=list, help_text="the most used colors, as #rrggbb")
    logo = models.ForeignKey("campaigns.Media", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "brand_lookup"
        indexes = [models.Index(fields=["account", "-id"], name="brand_lookup_recent")]

"""The table of copies: messages of other systems that become drafts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.tenancy import TenantModel


class CopyState(models.TextChoices):
    """How far a copy is."""

    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class MessageCopy(TenantModel):
    """A message to be copied into a draft, from a web page or from an uploaded HTML file.

    `source` is the file until it was read, then empty. `problem` says why it failed (`actions.message_copies`), and
    `notes` what was left out, as rows of kind, number and samples (`mail.copied_values.LeftOut`).
    """

    name = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    source = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=CopyState.choices, default=CopyState.WAITING)
    problem = models.CharField(max_length=20, blank=True)
    notes = models.JSONField(default=list)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "message_copy"
        indexes = [models.Index(fields=["account", "-created_at"], name="message_copy_recent")]


class BrandLookup(TenantModel):
    """What was found of the account's brand on a website; nothing changes before someone saves it as the brand.

    `values` are fields of the brand by name, `logo` a picture that was taken into Media.
    """

    url = models.CharField(max_length=2000)
    state = models.CharField(max_length=10, choices=CopyState.choices, default=CopyState.WAITING)
    values = models.JSONField(default=dict)
    colors = models.JSONField(default=list, help_text="the most used colors, as #rrggbb")
    logo = models.ForeignKey("campaigns.Media", null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()

    class Meta:
        db_table = "brand_lookup"
        constraints = [models.UniqueConstraint(fields=["account"], name="brand_lookup_once")]

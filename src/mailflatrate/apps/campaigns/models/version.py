"""The history of a draft."""

from django.db import models
from django.db.models import Q

from mailflatrate.apps.campaigns.models.campaign import Campaign
from mailflatrate.base.tenancy import TenantModel


class CampaignVersion(TenantModel):
    """A draft as one author left it; consecutive autosaves of one person are one. `aside`: based on an older state, so
    kept beside the draft. `number`: the version it made or, if set aside, was based on.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    values = models.JSONField(help_text="the editable fields and their values")
    suggested = models.JSONField(
        default=dict,
        db_default=models.Value({}, output_field=models.JSONField()),
        help_text="how many subjects, preview texts, texts and alternative texts a model wrote",
    )
    aside = models.BooleanField(default=False)
    taken_from = models.PositiveIntegerField(null=True, help_text="number of the restored version")
    saved_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "campaign_version"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "number"], condition=Q(aside=False), name="campaign_version_once"
            )
        ]

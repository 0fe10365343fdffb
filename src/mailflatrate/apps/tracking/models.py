"""The table of clicks."""

from django.db import models
from django.db.models.functions import Now

from mailflatrate.base.tenancy import TenantModel


class Click(TenantModel):
    """A click on a tracked link. Without the person's own consent it knows no person (R-108)."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    link_number = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())
    delivery_id = models.BigIntegerField(null=True)
    machine = models.BooleanField(db_default=False, help_text="a scanner's click, as far as can be told (R-110)")

    class Meta:
        db_table = "click"
        indexes = [models.Index(fields=["account", "campaign", "link_number"], name="click_campaign")]

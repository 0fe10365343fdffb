"""The table of clicks."""

from django.db import models
from django.db.models.functions import Now

from mailflatrate.base.tenancy import TenantModel


class Click(TenantModel):
    """A click on a tracked link. It identifies no one without the person's own consent (R-108)."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    link_number = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())
    delivery_id = models.BigIntegerField(null=True)
    machine = models.BooleanField(db_default=False, help_text="a click that looks like a scanner's (R-110)")
    visitor = models.BinaryField(
        max_length=8, null=True, help_text="keyed hash of the IP address and a ten-minute window; deleted after it"
    )

    class Meta:
        db_table = "click"
        indexes = [
            models.Index(fields=["account", "campaign", "link_number"], name="click_campaign"),
            models.Index(fields=["at"], name="click_age"),
            models.Index(
                fields=["account", "delivery_id"], condition=models.Q(delivery_id__isnull=False), name="click_delivery"
            ),
            models.Index(
                fields=["edition_id", "visitor"], condition=models.Q(visitor__isnull=False), name="click_visitor"
            ),
        ]


class ClickTotal(TenantModel):
    """The number of clicks on a link whose rows have been deleted by retention (R-95)."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    link_number = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    machines = models.PositiveIntegerField()

    class Meta:
        db_table = "click_total"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "edition_id", "link_number"], name="click_total_once"
            )
        ]

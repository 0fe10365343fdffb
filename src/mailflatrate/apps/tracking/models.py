"""The tables of clicks."""

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
            models.Index(fields=["account", "campaign", "at"], name="click_of_campaign"),
            models.Index(fields=["at"], name="click_age"),
            models.Index(
                fields=["account", "delivery_id"], condition=models.Q(delivery_id__isnull=False), name="click_delivery"
            ),
            models.Index(
                fields=["edition_id", "visitor"], condition=models.Q(visitor__isnull=False), name="click_visitor"
            ),
        ]


class ClickHour(TenantModel):
    """The clicks on a link of an edition in one hour of its campaign: a read model of the rows (`click_hours.py`)."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    link_number = models.PositiveIntegerField()
    hour = models.DateTimeField(help_text="when it begins; hours are counted from the campaign's start")
    people = models.PositiveIntegerField()
    machines = models.PositiveIntegerField()

    class Meta:
        db_table = "click_hour"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "edition_id", "link_number", "hour"], name="click_hour_once"
            )
        ]


class ClickFold(TenantModel):
    """Up to when a campaign's clicks are in `click_hour`."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    until = models.DateTimeField()

    class Meta:
        db_table = "click_fold"
        constraints = [models.UniqueConstraint(fields=["account", "campaign"], name="click_fold_once")]


class ClickTotal(TenantModel):
    """The number of clicks on a link whose rows retention has deleted (R-95) before they were folded into hours."""

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

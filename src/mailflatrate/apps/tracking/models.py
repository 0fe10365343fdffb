"""The tables of clicks and conversions."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

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


class ConversionSource(models.TextChoices):
    """How a conversion is attributed to a campaign."""

    CLICK = "click", _("Clicks")
    COUPON = "coupon", _("Coupon codes")


class Conversion(TenantModel):
    """Which campaign a person's event counts for: a link to that person, kept no longer than the event itself.

    The database deletes the row with the event, and one by click when the person withdraws the consent to be recorded
    (`sql/conversions.sql`). The figures in `ConversionDay` name no one and stay.
    """

    event = models.OneToOneField("lists.ContactEvent", on_delete=models.DO_NOTHING, related_name="+")
    contact_id = models.BigIntegerField()
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField(help_text="0: not known any more")
    day = models.PositiveIntegerField()
    source = models.CharField(max_length=6, choices=ConversionSource.choices)
    coupon_id = models.BigIntegerField(null=True, help_text="the code by which it counts; each counts once")
    is_refund = models.BooleanField()
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=4, help_text="less than 0: a refund")

    class Meta:
        db_table = "conversion"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "coupon_id"],
                condition=models.Q(coupon_id__isnull=False),
                name="conversion_coupon_once",
            )
        ]
        indexes = [models.Index(fields=["account", "contact_id"], name="conversion_contact")]


class ConversionDay(TenantModel):
    """A campaign's conversions and revenue on one day after its start: figures that name no one (`conversions.py`)."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    day = models.PositiveIntegerField(help_text="0: the first 24 hours after the campaign's start")
    source = models.CharField(max_length=6, choices=ConversionSource.choices)
    currency = models.CharField(max_length=3, blank=True)
    conversions = models.PositiveIntegerField()
    refunds = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=24, decimal_places=4)

    class Meta:
        db_table = "conversion_day"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "edition_id", "day", "source", "currency"], name="conversion_day_once"
            )
        ]


class ConversionFold(TenantModel):
    """Up to which event an account's conversions are counted, and for which kind of event.

    `is_stale`: the goal was changed, so what is still linked is counted anew.
    """

    event_type_id = models.BigIntegerField()
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    is_stale = models.BooleanField(default=False)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "conversion_fold"
        constraints = [models.UniqueConstraint(fields=["account"], name="conversion_fold_once")]

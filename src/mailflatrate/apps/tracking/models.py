"""The tables of clicks, of conversions, and of answers to the questions of campaigns."""

import secrets

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
    CLICK = "click", _("Clicks")
    COUPON = "coupon", _("Coupon codes")


class Conversion(TenantModel):
    """Which campaign a person's event counts for, no longer than the event itself. The database deletes it with the
    event and, if by click, with the consent (`sql/conversions.sql`); `ConversionDay` names no one and stays.
    """

    event = models.OneToOneField("lists.ContactEvent", on_delete=models.DO_NOTHING, related_name="+")
    contact_id = models.BigIntegerField()
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField(help_text="0: unknown")
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
    """Up to which event an account's conversions are counted. `is_stale`: the goal changed, so it's counted anew."""

    event_type_id = models.BigIntegerField()
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    is_stale = models.BooleanField(default=False)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "conversion_fold"
        constraints = [models.UniqueConstraint(fields=["account"], name="conversion_fold_once")]


def random_id() -> int:
    """Return an ID that says nothing about when its row was written. JavaScript can read it without loss."""
    return secrets.randbits(48) + 1


class PollCount(TenantModel):
    """How often an answer of an edition's question was given: what reports show. It names no one."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    poll = models.PositiveSmallIntegerField(help_text="the question's number in the edition")
    answer = models.PositiveSmallIntegerField(help_text="the answer's number, or the score")
    people = models.PositiveIntegerField()

    class Meta:
        db_table = "poll_count"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "edition_id", "poll", "answer"], name="poll_count_once"
            )
        ]


class PollBallot(TenantModel):
    """That a message's question was answered, without the answer and the person (R-107)."""

    mark = models.BinaryField(max_length=16, help_text="keyed hash of the message and the question")
    expires_on = models.DateField(help_text="the first of a month, after the question has closed")

    class Meta:
        db_table = "poll_ballot"
        constraints = [models.UniqueConstraint(fields=["account", "mark"], name="poll_ballot_once")]
        indexes = [models.Index(fields=["expires_on"], name="poll_ballot_age")]


class PollAnswer(TenantModel):
    """The answer of a person who agreed to be recorded and sent it with their name (R-107)."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    poll = models.PositiveSmallIntegerField()
    answer = models.PositiveSmallIntegerField()
    delivery_id = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "poll_answer"
        constraints = [
            models.UniqueConstraint(fields=["account", "delivery_id", "poll"], name="poll_answer_once"),
        ]
        indexes = [
            models.Index(fields=["account", "campaign", "poll", "answer"], name="poll_answer_of_campaign"),
            models.Index(fields=["at"], name="poll_answer_age"),
        ]


class PollComment(TenantModel):
    """A comment beside an answer, with its message only if they agreed. Random IDs and a day lead back to no one."""

    id = models.BigIntegerField(primary_key=True, default=random_id)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="+")
    edition_id = models.BigIntegerField()
    poll = models.PositiveSmallIntegerField()
    answer = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=1000)
    day = models.DateField()
    delivery_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "poll_comment"
        indexes = [
            models.Index(fields=["account", "campaign", "day"], name="poll_comment_of_campaign"),
            models.Index(fields=["day"], name="poll_comment_age"),
            models.Index(
                fields=["account", "delivery_id"],
                condition=models.Q(delivery_id__isnull=False),
                name="poll_comment_delivery",
            ),
        ]

"""What a relay's log says of messages it accepted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from mailflatrate.base.tenancy import TenantModel


class RelayDeferral(TenantModel):
    """A message in a relay's queue: a provider deferred it, and the relay retries. Until `is_shown`, the reply is kept
    here, because the acceptance is not yet recorded. Deleted with the final result.
    """

    delivery = models.OneToOneField(
        "delivery.Delivery", primary_key=True, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    campaign = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    follower = models.CharField(max_length=120)
    provider = models.CharField(max_length=20)
    since = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(db_default=1)
    status = models.CharField(max_length=12, blank=True, db_default="")
    reply = models.TextField(blank=True, db_default="")
    is_shown = models.BooleanField(db_default=False)

    class Meta:
        db_table = "relay_deferral"
        indexes = [
            models.Index(fields=["account"], condition=Q(is_shown=False), name="relay_deferral_unshown"),
            models.Index(fields=["provider", "since"], name="relay_deferral_provider"),
        ]


class RelayCount(models.Model):
    """Attempts of a followed relay by result, provider and hour. Contains no personal data."""

    follower = models.CharField(max_length=120)
    provider = models.CharField(max_length=20)
    result = models.CharField(max_length=8)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "relay_count"
        constraints = [
            models.UniqueConstraint(fields=["hour", "follower", "provider", "result"], name="relay_count_once")
        ]


class LogFollower(models.Model):
    """A process that follows a relay's log, and its position in it. `place` moves in the transaction that records what
    was read: no line is lost or repeated.
    """

    name = models.CharField(primary_key=True, max_length=120)
    relay = models.CharField(
        max_length=60, blank=True, db_default="", help_text="name of the relay's row, if it has one"
    )
    place = models.JSONField(default=dict)
    lines = models.BigIntegerField(db_default=0)
    gaps = models.PositiveIntegerField(db_default=0, help_text="number of times that lines may have been lost")
    seen_at = models.DateTimeField(db_default=Now())
    caught_up_at = models.DateTimeField(db_default=Now(), help_text="when the whole log had last been read")

    class Meta:
        db_table = "log_follower"


class FollowedMessage(models.Model):
    """A queue ID of the relay's log whose message had no result yet when the follower last saved."""

    follower = models.ForeignKey(LogFollower, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    queue_id = models.CharField(max_length=30)
    account_id = models.BigIntegerField()
    delivery_id = models.BigIntegerField()
    opened_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "followed_message"
        constraints = [models.UniqueConstraint(fields=["follower", "queue_id"], name="followed_message_once")]

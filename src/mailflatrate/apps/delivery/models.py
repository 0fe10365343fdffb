"""Tables of the engine: plans, chunks, deliveries, tallies, attempts, retries."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from mailflatrate.apps.delivery.archive.tables import ArchivedCampaign, ArchiveMonth, FormerRecipients, LastMailing
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.queue_tables import FollowedMessage, LogFollower, RelayCount, RelayDeferral
from mailflatrate.apps.delivery.relays.tables import Bucket, Relay, RelayReport, WarmUp
from mailflatrate.apps.delivery.rows import ArchivedDelivery, Delivery, DeliveryRecord, DeliveryState
from mailflatrate.base.tenancy import TenantModel

__all__ = [
    "AbTest",
    "ArchiveMonth",
    "ArchivedCampaign",
    "ArchivedDelivery",
    "Attempt",
    "Begun",
    "Bucket",
    "Chunk",
    "ChunkState",
    "Delivery",
    "DeliveryRecord",
    "DeliveryState",
    "FollowedMessage",
    "FormerRecipients",
    "LaneHold",
    "LastMailing",
    "LogFollower",
    "LostClaim",
    "Plan",
    "Relay",
    "RelayCount",
    "RelayDeferral",
    "RelayHook",
    "RelayReport",
    "Retry",
    "SenderProcess",
    "SendingFence",
    "ServerRun",
    "Tally",
    "WarmUp",
    "WithdrawalsPlace",
]


class Plan(TenantModel):
    """The progress of planning a campaign. Each slice of contacts advances it in its own transaction. `canary_size`
    recipients form chunk 0, sent first (R-88); 0 if too small for one. Of a campaign by time zone, they are the
    first wave's.
    """

    campaign = models.OneToOneField("campaigns.Campaign", primary_key=True, on_delete=models.CASCADE, related_name="+")
    edition = models.ForeignKey("campaigns.Edition", on_delete=models.CASCADE, db_index=False, related_name="+")
    decision = models.ForeignKey("gate.GateDecision", on_delete=models.CASCADE, db_index=False, related_name="+")
    canary_size = models.PositiveIntegerField()
    after_contact_id = models.BigIntegerField(default=0)
    next_chunk = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict)
    begun_at = models.DateTimeField(db_default=Now(), help_text="waves before this moment are sent immediately")
    canary_wave_at = models.DateTimeField(
        null=True, help_text="the wave the canary is taken from; None: sent immediately"
    )
    finished_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True, help_text="when the canary released the other chunks")
    per_turn = models.PositiveIntegerField(null=True, help_text="messages per turn; None: no limit")
    turn_seconds = models.PositiveIntegerField(null=True)
    next_turn_at = models.DateTimeField(
        db_default=Now(), help_text="a claim takes the turn and advances this, so that all senders share one pace"
    )

    class Meta:
        db_table = "plan"


class AbTest(TenantModel):
    """The A/B test of a campaign: part of the audience gets the variants, then the rest gets the winner. `share` is
    each variant's percentage. The winner is chosen once, at `decide_at` or by a person.
    """

    campaign = models.OneToOneField("campaigns.Campaign", primary_key=True, on_delete=models.CASCADE, related_name="+")
    variants = models.PositiveSmallIntegerField()
    share = models.PositiveSmallIntegerField()
    hours = models.PositiveSmallIntegerField()
    metric = models.CharField(max_length=10)
    rest = models.PositiveIntegerField(default=0, help_text="people who wait for the winner, counted when planning")
    tested_at = models.DateTimeField(null=True, help_text="when the last message of the test was sent")
    decide_at = models.DateTimeField(null=True, help_text="when the rule picks the winner; None: a person does")
    winner = models.PositiveSmallIntegerField(null=True)
    why = models.CharField(max_length=10, blank=True, db_default="")
    figures = models.JSONField(default=list, help_text="per variant, at the time of the choice")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    decided_through = models.CharField(max_length=120, blank=True, db_default="", help_text="the API key, if any")

    class Meta:
        db_table = "trial"


class ChunkState(models.TextChoices):
    READY = "ready"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"


class Chunk(TenantModel):
    """About a thousand recipients of one campaign, claimed whole by one sender at a time (compare-and-set). Campaign
    None: transactional mail, on the express lane.
    """

    campaign = models.ForeignKey("campaigns.Campaign", null=True, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ChunkState.choices, db_default=ChunkState.READY)
    size = models.PositiveIntegerField()
    provider = models.CharField(
        max_length=20, blank=True, db_default="", help_text="mailbox provider of its recipients; empty: several"
    )
    not_before = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=120, blank=True, db_default="", help_text="name of the sender's journal")
    claimed_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    wiped_at = models.DateTimeField(
        null=True, help_text="when the servers' replies to its messages were deleted (R-95)"
    )

    class Meta:
        db_table = "chunk"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "number"],
                condition=Q(campaign__isnull=False),
                name="chunk_number_once",
            )
        ]
        indexes = [
            models.Index(fields=["claimed_by"], condition=Q(state="sending"), name="chunk_claimed"),
            models.Index(fields=["account"], condition=Q(state="ready", campaign=None), name="chunk_post_ready"),
            models.Index(fields=["state"], condition=Q(state__in=["ready", "sending"]), name="chunk_open"),
        ]


class Begun(TenantModel):
    """Which deliveries of a claimed chunk its sender has begun, committed before their first byte left (ADR 0002).
    Above `begun_to`: not begun. Up to it: `under_way` (no reply known), `unsent` (not accepted), or accepted.
    Without a row nothing begins.
    """

    chunk = models.OneToOneField(
        Chunk, primary_key=True, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    claimed_by = models.CharField(max_length=120)
    begun_to = models.BigIntegerField(db_default=0)
    under_way = ArrayField(models.BigIntegerField(), db_default=[])
    unsent = ArrayField(models.BigIntegerField(), db_default=[])
    server_run = models.UUIDField(
        null=True, help_text="the server's run in which the mark was made; in another one it may lack its last changes"
    )

    class Meta:
        db_table = "begun"


class ServerRun(models.Model):
    """One row: the server's run, from its start to its next crash (ADR 0093). Unlogged: emptied after a crash and in a
    promoted replica, not by a restart in order.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    run = models.UUIDField()

    class Meta:
        db_table = "server_run"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="server_run_once")]


class LostClaim(TenantModel):
    """Deliveries of a chunk whose result was lost with its sender's host. Its journal settles them once it is back."""

    campaign = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    claimed_by = models.CharField(max_length=120, help_text="name of the journal that has the results")
    deliveries = ArrayField(models.BigIntegerField())
    lost_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, help_text="when its journal was read")

    class Meta:
        db_table = "lost_claim"
        indexes = [
            models.Index(fields=["claimed_by"], condition=Q(settled_at=None), name="lost_claim_open"),
            models.Index(fields=["account", "campaign"], name="lost_claim_campaign"),
        ]


class SendingFence(models.Model):
    """One row: the database that sending was last accepted for, and whether all sending is held (ADR 0002)."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    identity = models.CharField(max_length=120, help_text="server, timeline, database and table of this row")
    held_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=10, blank=True, db_default="", help_text="paused, promoted, rejoined, restored")
    missing = models.PositiveIntegerField(
        db_default=0, help_text="messages that are in journals but not in the database"
    )
    withdrawals_at = models.DateTimeField(
        null=True, help_text="when someone replayed all withdrawals of all hosts during this hold"
    )
    known_until = models.DateTimeField(
        null=True, help_text="the last moment that this database knew of when its latest hold began"
    )
    sent_meanwhile = models.PositiveIntegerField(
        db_default=0, help_text="messages since then that journals know and this database had no result for"
    )
    lineage = ArrayField(
        models.UUIDField(), db_default=[], help_text="a random number for each time it was accepted, oldest first"
    )
    reason = models.CharField(max_length=200, blank=True, db_default="", help_text="what a process found, in words")
    replicas = models.PositiveSmallIntegerField(db_default=0, help_text="most replicas that were connected lately")
    replicas_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sending_fence"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sending_fence_once")]


class SenderProcess(models.Model):
    """A sender process by its journal's name, and when it last replayed its host's journals on a held database."""

    name = models.CharField(max_length=120, primary_key=True)
    seen_at = models.DateTimeField(db_default=Now())
    replayed_at = models.DateTimeField(null=True)
    no_room_at = models.DateTimeField(null=True, help_text="since when its disk is too full for a journal")
    has_joined = models.BooleanField(db_default=False, help_text="every replica knows it, so it may claim")
    was_synchronous = models.BooleanField(
        db_default=False, help_text="last saw the previous primary wait for a replica; reported with the replay"
    )

    class Meta:
        db_table = "sender_process"


class WithdrawalsPlace(models.Model):
    """A folder or bucket with withdrawals, its host, and when it was read since the latest hold began."""

    name = models.CharField(max_length=40, primary_key=True)
    host = models.CharField(max_length=80)
    seen_at = models.DateTimeField(db_default=Now())
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "withdrawals_place"


class Tally(TenantModel):
    """The number of a chunk's deliveries in each state; `detail` is the kind of bounce or the skip reason. Written
    with the deliveries' changes, so that progress costs the same at any size.
    """

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        null=True,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    state = models.CharField(max_length=10, choices=DeliveryState.choices)
    detail = models.CharField(max_length=60, blank=True, db_default="")
    count = models.IntegerField()

    class Meta:
        db_table = "tally"
        constraints = [
            models.UniqueConstraint(fields=["account", "chunk", "state", "detail"], name="tally_once"),
        ]
        indexes = [
            models.Index(fields=["account", "campaign"], name="tally_campaign"),
            # Without the count, which changes with every batch: it would keep all updates from being heap-only.
            models.Index(fields=["campaign"], condition=Q(state="in_doubt"), name="tally_in_doubt"),
        ]


class Attempt(TenantModel):
    """An attempt to deliver that was not accepted, with the server's original reply."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    stage = models.CharField(max_length=12)
    reply_code = models.PositiveSmallIntegerField(null=True)
    reply_status = models.CharField(max_length=12, blank=True, db_default="")
    reply_text = models.TextField(blank=True, db_default="")
    host = models.CharField(max_length=120, blank=True, db_default="")

    class Meta:
        db_table = "attempt"
        indexes = [models.Index(fields=["account", "delivery"], name="attempt_delivery")]


class Retry(TenantModel):
    """A deferred delivery and when it is due (R-72)."""

    delivery = models.OneToOneField(Delivery, primary_key=True, on_delete=models.CASCADE, db_constraint=False)
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        null=True,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    due_at = models.DateTimeField()

    class Meta:
        db_table = "retry"
        indexes = [
            models.Index(fields=["due_at"], name="retry_due"),
            models.Index(fields=["account", "campaign"], name="retry_campaign"),
        ]


class LaneHold(TenantModel):
    """A hold on a campaign's lane for one provider (R-70, R-86, R-88); only an operator releases it (R-90)."""

    platform_writes = True

    # Only the platform writes here, and the account deletes its drafts, which no rule holds.
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    provider = models.CharField(max_length=20)
    rule = models.CharField(max_length=10)
    held_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lane_hold"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "campaign", "provider"], condition=Q(released_at=None), name="lane_hold_once"
            )
        ]

"""The archive's own tables; only functions of the database's owner write them (migration 0022)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from mailflatrate.base.tenancy import TenantModel


class ArchiveMonth(models.Model):
    """A partition of `delivery_archive`: it holds the IDs that were assigned before its month was over."""

    month = models.DateField(primary_key=True)
    partition = models.CharField(max_length=63, unique=True)
    from_id = models.BigIntegerField()
    to_id = models.BigIntegerField(help_text="the first id after it")
    made_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, help_text="when its last campaign finished")
    folded_to = models.BigIntegerField(null=True, help_text="ids below it are in past_recipients")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "archive_month"


class ArchivedCampaign(TenantModel):
    """A finished campaign whose deliveries are moving, or have moved, to the archive. It is never sent again."""

    campaign = models.OneToOneField(
        "campaigns.Campaign", primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    ended_at = models.DateTimeField()
    archived_at = models.DateTimeField(db_default=Now())
    after_chunk_id = models.BigIntegerField(db_default=0, help_text="chunks up to here were moved")
    deliveries = models.PositiveIntegerField(db_default=0)
    from_id = models.BigIntegerField(null=True, help_text="the lowest id that was moved")
    to_id = models.BigIntegerField(null=True, help_text="the first id after the moved ones")
    finished_at = models.DateTimeField(null=True, help_text="when everything was moved")

    class Meta:
        db_table = "archived_campaign"
        indexes = [
            models.Index(fields=["campaign"], condition=Q(finished_at=None), name="archived_campaign_moving"),
            models.Index(fields=["from_id", "to_id"], name="archived_campaign_range"),
        ]


class LastMailing(TenantModel):
    """When a contact was last mailed according to the archive, so that a claim need not read every month."""

    contact = models.OneToOneField(
        "lists.Contact", primary_key=True, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    at = models.DateTimeField(help_text="the last delivery, whatever its result")
    sent_at = models.DateTimeField(null=True, help_text="the last accepted one")

    class Meta:
        db_table = "last_mailing"


class FormerRecipients(TenantModel):
    """The recipients of messages from a dropped month, kept because links in messages never expire (R-41). A row: up
    to a few thousand messages of one campaign and list; message `from_id + offsets[i]` went to contact
    `contact_ids[i]`. Contacts erased since then are removed.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    mailing_list = models.ForeignKey(
        "lists.MailingList", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    from_id = models.BigIntegerField()
    to_id = models.BigIntegerField(help_text="the last id in it")
    offsets = ArrayField(models.IntegerField())
    contact_ids = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "past_recipients"
        indexes = [models.Index(fields=["account", "from_id"], name="past_recipients_id")]

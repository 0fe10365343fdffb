"""The table of the outbox. Its policies are in `tenancy.policies`, its partitions are made by `days`."""

from typing import ClassVar

from django.db import models
from django.db.models import Func, Value


class OutboxEvent(models.Model):
    """One event. `xid` is the transaction that wrote it; the database sets everything but account, type and payload.

    `account_id` isn't a foreign key: it would be checked for each row of a set.
    """

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    type = models.CharField(max_length=40)
    payload = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    xid = models.BigIntegerField()
    at = models.DateTimeField(db_default=Func(function="clock_timestamp"))

    objects: ClassVar[models.Manager["OutboxEvent"]] = models.Manager()

    class Meta:
        db_table = "outbox_event"
        indexes = [models.Index(fields=["account_id", "xid", "id"], name="outbox_event_order")]

    def __str__(self) -> str:
        return f"{self.id}: {self.type}"

"""The table of the log. Only `record` writes it; triggers from the migration chain it and prevent changes."""

from typing import ClassVar

from django.db import models


class AuditEntry(models.Model):
    """One line of the log. The database sets `number`, `previous` and `hash` when the transaction commits.

    `account_id` isn't a foreign key: the log outlives the account. No personal data of recipients belongs here.
    """

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=60)
    account_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    number = models.BigIntegerField(null=True, unique=True)
    previous = models.BinaryField(max_length=32, null=True)
    hash = models.BinaryField(max_length=32, null=True)

    objects: ClassVar[models.Manager["AuditEntry"]] = models.Manager()

    class Meta:
        db_table = "audit_entry"
        constraints = [
            # The kinds of audit.ActorKind: a line that only looks like staff's does not count.
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=["staff", "customer", "machine"]), name="audit_entry_actor_kind"
            ),
        ]
        indexes = [models.Index(fields=["account_id", "-id"], name="audit_entry_account")]

    def __str__(self) -> str:
        return f"{self.number}: {self.action}"


class AuditHead(models.Model):
    """A single row with the newest number and hash, so that rows removed from the end are noticed too."""

    number = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_head"

"""Files of addresses to suppress."""

from django.db import models
from django.db.models import Q

from mailflatrate.apps.suppression.models import REASON_LABELS
from mailflatrate.base.long_task import LongTask
from mailflatrate.base.tenancy import TenantModel


class SuppressionFile(LongTask):
    """One file. `reason` applies to rows without one. Each row is counted once. `strengthened`: from a weaker reason;
    `known`: an equal one, or an earlier row.
    """

    JOB = "lists.run_suppression_file"
    NOUN = "suppression_file"
    PROGRESS = ("bytes_read", "file_bytes")

    file_name = models.CharField(max_length=255)
    file_path = models.TextField()
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.BigIntegerField()
    email_column = models.CharField(max_length=120)
    statuses = models.JSONField(default=dict, help_text="status field -> the file's column")
    reason = models.CharField(max_length=12, choices=REASON_LABELS)
    bytes_read = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    strengthened = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)
    rejected = models.JSONField(default=dict, help_text="why a row was not suppressed -> rows")
    role_addresses = models.BigIntegerField(default=0, help_text="suppressed, although none can be a contact")

    class Meta:
        db_table = "suppression_file"
        indexes = [
            models.Index(fields=["account", "-id"], name="suppression_file_recent"),
            models.Index(fields=["state"], condition=Q(state="running"), name="suppression_file_running"),
        ]

    @property
    def details(self) -> dict[str, str]:
        return {"file": self.file_name, "sha256": self.file_sha256, "reason": self.reason}

    @property
    def rejected_rows(self) -> int:
        return sum(self.rejected.values())


class SuppressionFileRow(TenantModel):
    """A row as it was in the file, with its line number and the reason: it was rejected, or it holds a role address."""

    source_file = models.ForeignKey(
        SuppressionFile, on_delete=models.CASCADE, db_index=False, related_name="reported_rows"
    )
    line_number = models.BigIntegerField()
    row = models.JSONField()
    reason = models.CharField(max_length=30)

    class Meta:
        db_table = "suppression_file_row"
        indexes = [models.Index(fields=["account", "source_file", "line_number"], name="suppression_file_row_line")]

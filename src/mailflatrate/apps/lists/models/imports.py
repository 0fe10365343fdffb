"""Imports and the rows they refused."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel


class ImportState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", _("Waiting for the columns")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Import(TenantModel):
    """One file of people with the proof of their consent."""

    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    file_path = models.TextField()
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.BigIntegerField()
    mapping = models.JSONField(default=dict, help_text="our field -> the file's column")
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    problem = models.TextField(blank=True)
    bytes_read = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    quarantined = models.JSONField(default=dict, help_text="reason -> rows")
    refused = models.JSONField(default=dict, help_text="reason -> rows")
    cancel_requested = models.BooleanField(default=False)
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import"
        indexes = [models.Index(fields=["account", "-created_at"], name="import_recent")]


class ImportRefusal(TenantModel):
    """A row that was refused, as it stood in the file, with its line number and the reason."""

    source_import = models.ForeignKey(Import, on_delete=models.CASCADE, db_index=False, related_name="refusals")
    line_number = models.BigIntegerField()
    row = models.JSONField()
    rule = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=60)
    suggestion = models.CharField(max_length=254, blank=True)

    class Meta:
        db_table = "import_refusal"
        indexes = [models.Index(fields=["account", "source_import", "line_number"], name="import_refusal_line")]

"""Exports: files that an owner requested, kept for some days."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.apps.lists.models.limited_tasks import LimitedTask
from mailflatrate.base.toned_choices import TonedChoices


class ExportContent(models.TextChoices):
    """The possible contents of an export file."""

    CONTACTS = "contacts", _("Contacts")
    SUPPRESSIONS = "suppressions", _("Suppressions")
    PROOF = "proof", _("Proof of consent")


class ExportFormat(models.TextChoices):
    """The file format; the value is the file extension."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX (Excel)"
    NDJSON = "ndjson", "NDJSON"


class ExportState(TonedChoices):
    """The state of an export. The file exists only in DONE."""

    QUEUED = "queued", "primary", _("Waiting")
    RUNNING = "running", "primary", _("Running")
    DONE = "done", "success", pgettext_lazy("export", "Ready")
    FAILED = "failed", "error", _("Failed")
    CANCELLED = "cancelled", "", _("Canceled")
    DELETED = "deleted", "", pgettext_lazy("export", "Deleted")


class Export(LimitedTask):
    """One export. `conditions`: its segment's at the request. The file holds personal data of the whole account:
    deleted after some days, and once someone in it may be erased.
    """

    JOB = "lists.run_export"
    NOUN = "export"
    STATES = ExportState
    PROGRESS = ("rows_done", "rows_total")

    content = models.CharField(max_length=12, choices=ExportContent.choices)
    file_format = models.CharField(max_length=6, choices=ExportFormat.choices)
    mailing_list = models.ForeignKey(
        "lists.MailingList", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    segment_name = models.CharField(max_length=120, blank=True, db_default="")
    conditions = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.QUEUED)
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    file_path = models.CharField(max_length=101, blank=True, db_default="")
    file_bytes = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True, db_default="")
    requested_by = models.CharField(max_length=320, blank=True, db_default="", help_text="who requested it, and how")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "export"
        indexes = [
            models.Index(fields=["account", "-id"], name="export_recent"),
            models.Index(fields=["expires_at"], condition=Q(state="done"), name="export_expires"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(file_path="") & Q(expires_at__isnull=False),
                name="export_done_has_a_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.content}.{self.file_format}"

    @property
    def file_name(self) -> str:
        return f"{self.content}-{self.created_at:%Y-%m-%d}-{self.id}.{self.file_format}"

    @property
    def details(self) -> dict[str, Any]:
        return {
            "content": self.content,
            "format": self.file_format,
            "list": self.mailing_list_id,
            "segment": self.segment_name,
            "rows": self.rows_done,
        }

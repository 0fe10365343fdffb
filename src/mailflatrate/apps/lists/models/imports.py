"""Imports and the rows that they refused."""

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.long_task import LongTask
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices


class ImportState(TonedChoices):
    """The state of an import."""

    UPLOADED = "uploaded", "info", _("Waiting for column mapping")
    QUEUED = "queued", "primary", _("Waiting")
    RUNNING = "running", "primary", _("Running")
    DONE = "done", "success", _("Done")
    FAILED = "failed", "error", _("Failed")
    CANCELLED = "cancelled", "", _("Canceled")


class CheckState(TonedChoices):
    """The result of checking a finished import's figures (R-15). HELD waits for a reviewer."""

    UNCHECKED = "", "", _("Not checked yet")
    CLEAR = "clear", "success", _("Nothing unusual")
    HELD = "held", "warning", _("On hold for review")
    RELEASED = "released", "success", _("Released after review")
    REFUSED = "refused", "error", _("Rejected after review")


class Import(LongTask):
    """One file of people with the proof of their consent. `figures`: counted at its end (R-15); None until then."""

    JOB = "lists.run_import"
    NOUN = "import"
    STATES = ImportState
    PROGRESS = ("bytes_read", "file_bytes")
    WAITING = ("uploaded", "queued")

    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    file_path = models.TextField()
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.BigIntegerField()
    mapping = models.JSONField(default=dict, help_text="our field -> the file's column")
    terms = models.JSONField(
        default=dict,
        db_default=Value({}, output_field=models.JSONField()),
        help_text="the customer's answers about the file (intake.terms), and what was decided",
    )
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    bytes_read = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    quarantined = models.JSONField(default=dict, help_text="reason -> number of rows")
    refused = models.JSONField(default=dict, help_text="reason -> number of rows")
    origin = models.ForeignKey(
        "lists.ListOrigin", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    figures = models.JSONField(null=True)
    check_state = models.CharField(max_length=10, choices=CheckState.choices, blank=True, db_default="")
    check_reason = models.TextField(blank=True, db_default="")
    checked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    move = models.ForeignKey("lists.Move", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "import"
        indexes = [
            models.Index(fields=["account", "-created_at"], name="import_recent"),
            models.Index(fields=["finished_at"], condition=Q(check_state="held"), name="import_held"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["uploaded", "failed", "cancelled"]) | Q(origin__isnull=False),
                name="import_has_an_origin",
            ),
            models.CheckConstraint(
                condition=~Q(check_state__in=["released", "refused"])
                | Q(checked_by__isnull=False, checked_at__isnull=False) & ~Q(check_reason=""),
                name="import_checked_by_a_person",
            ),
        ]


class ImportRefusal(TenantModel):
    """A refused row as it was in the file, with its line number and the reason. `held`: not refused, but in quarantine
    without complete proof.
    """

    source_import = models.ForeignKey(Import, on_delete=models.CASCADE, db_index=False, related_name="refusals")
    line_number = models.BigIntegerField()
    row = models.JSONField()
    rule = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=60)
    suggestion = models.CharField(max_length=254, blank=True)
    held = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "import_refusal"
        indexes = [models.Index(fields=["account", "source_import", "line_number"], name="import_refusal_line")]

"""Imports, moves and suppression files: files on their way to lists."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.apps.suppression.models import REASON_LABELS
from mailflatrate.base.ids import vault
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

    JOB = "intake.run_import"
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
    move = models.ForeignKey("intake.Move", null=True, on_delete=models.PROTECT, related_name="+")

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


class MoveState(models.TextChoices):
    """The state of a move. Nothing is imported before STARTING; the files of a DISCARDED one are deleted.

    One that fetches by an API key begins with FETCHING, and with CHOOSING if the other system has several lists.
    """

    FETCHING = "fetching", pgettext_lazy("move", "Fetching")
    CHOOSING = "choosing", pgettext_lazy("move", "Waiting for your choice")
    CHECKING = "checking", pgettext_lazy("move", "Checking")
    READY = "ready", pgettext_lazy("move", "Checked, not started")
    FAILED = "failed", pgettext_lazy("move", "Can't be read")
    STARTING = "starting", pgettext_lazy("move", "Starting")
    MOVED = "moved", pgettext_lazy("move", "Started")
    DISCARDED = "discarded", pgettext_lazy("move", "Discarded")


FETCH_MOVES = (MoveState.FETCHING, MoveState.CHOOSING)
OPEN_MOVES = (*FETCH_MOVES, MoveState.CHECKING, MoveState.READY, MoveState.FAILED, MoveState.STARTING)
"""Their files still belong to the move; later each belongs to its import."""


class Move(TenantModel):
    """One upload of files for a list, its dry run, and the link through which people without proof confirm again.
    `files`: {name, archive, path, sha256, bytes}; `answers`: `MoveAnswers`; `run`: no older dry run overwrites a
    newer one.
    """

    mailing_list = models.ForeignKey("lists.MailingList", on_delete=models.PROTECT, db_index=False, related_name="+")
    code = models.CharField(max_length=16, unique=True, help_text="part of the move-in link")
    state = models.CharField(max_length=9, choices=MoveState.choices, default=MoveState.CHECKING)
    problem = models.TextField(blank=True, db_default="")
    files = models.JSONField(default=list)
    answers = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    run = models.PositiveIntegerField(default=1)
    bytes_total = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    people_to_ask = models.BigIntegerField(default=0)
    people_confirmed = models.BigIntegerField(
        default=0, help_text="people without proof who confirmed with the move-in link"
    )
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_ip = models.GenericIPAddressField(null=True)
    confirmed_agent = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "move"
        indexes = [models.Index(fields=["account", "-id"], name="move_recent")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["starting", "moved"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="move_confirmed_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def percent(self) -> int:
        return min(100, 100 * self.bytes_done // self.bytes_total) if self.bytes_total else 0


class MoveFetch(TenantModel):
    """How a move fetches its files: from which system, with which key, which lists, and its progress. `audiences`:
    [id, name, people]; `parts_done`: tables fetched; `templates`: {name, subject, path}; `starts`: runs without
    progress; `refusals_missing`: opt-outs the key may not read. The key is deleted when not needed, after a day at
    most.
    """

    move = models.OneToOneField(Move, on_delete=models.CASCADE, related_name="fetch")
    system = models.CharField(max_length=20)
    base_url = models.CharField(max_length=300, blank=True, db_default="")
    key_sealed = models.TextField(blank=True, db_default="")
    with_templates = models.BooleanField(default=False)
    audiences = models.JSONField(default=list)
    chosen = models.JSONField(default=list)
    parts_done = models.JSONField(default=list)
    parts_total = models.PositiveIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    templates = models.JSONField(default=list)
    starts = models.PositiveIntegerField(default=0, db_default=0)
    refusals_missing = models.JSONField(default=list, db_default=Value([], output_field=models.JSONField()))
    started_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "move_fetch"
        indexes = [
            models.Index(fields=["started_at"], condition=~Q(key_sealed=""), name="move_fetch_with_key"),
        ]

    def __str__(self) -> str:
        return f"{self.move_id}: {self.system}"

    @property
    def _place(self) -> str:
        return f"move-fetch:{self.account_id}:{self.move_id}:{self.system}:{self.base_url}"

    def seal_key(self, key: str) -> None:
        """Bound to this move and to the address it may be sent to."""
        self.key_sealed = vault().seal(key.encode(), self._place)

    def open_key(self) -> str:
        """Raises VaultError if it can't be opened here."""
        return vault().open(self.key_sealed, self._place).decode()


class SuppressionFile(LongTask):
    """One file. `reason` applies to rows without one. Each row is counted once. `strengthened`: from a weaker reason;
    `known`: an equal one, or an earlier row.
    """

    JOB = "intake.run_suppression_file"
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

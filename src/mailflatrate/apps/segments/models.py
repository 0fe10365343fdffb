"""Segments, and what is done with the people they choose: bulk actions, exports, orders of a column."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mailflatrate.apps.lists.models import Contact, ContactField
from mailflatrate.apps.lists.models.limited_tasks import LimitedTask
from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices


class BulkKind(models.TextChoices):
    """The kinds of bulk action. None of them adds anyone to a list, because only people themselves can do that."""

    ADD_TAG = "add_tag", _("Add tag")
    REMOVE_TAG = "remove_tag", _("Remove tag")
    SET_FIELD = "set_field", _("Set field")
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribe")
    ERASE = "erase", _("Erase")
    ASK_AGAIN = "ask_again", _("Ask for confirmation")


UNDOABLE = (BulkKind.ADD_TAG, BulkKind.REMOVE_TAG, BulkKind.SET_FIELD)
"""An unsubscribe, an erasure and a message that was sent can't be undone honestly."""


class BulkAction(LimitedTask):
    """One change to the contacts selected when it began. `selection`: ids, or a filter. `parameters`: which tag, field
    and value, list or form. `after_id`: the last one done.
    """

    JOB = "segments.run_bulk"
    NOUN = "bulk"
    PROGRESS = ("done", "total")

    kind = models.CharField(max_length=12, choices=BulkKind.choices)
    parameters = models.JSONField(default=dict)
    selection = models.JSONField(default=dict)
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    skipped = models.JSONField(default=dict, help_text="reason -> contacts left unchanged")
    after_id = models.BigIntegerField(default=0)
    undoes = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="undone_by")

    class Meta:
        db_table = "bulk_action"
        indexes = [
            models.Index(fields=["account", "-id"], name="bulk_action_recent"),
            models.Index(fields=["state"], condition=Q(state="running"), name="bulk_action_running"),
        ]

    @property
    def details(self) -> dict[str, Any]:
        return {"kind": self.kind, "changed": self.changed, "total": self.total}


class BulkItem(TenantModel):
    """A contact that a bulk action covers. `before`: the replaced value, kept for some days to undo it. Deleted with
    the contact.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, db_index=False, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="+")
    is_changed = models.BooleanField(default=False)
    before = models.JSONField(null=True)

    class Meta:
        db_table = "bulk_item"
        constraints = [models.UniqueConstraint(fields=["account", "action", "contact"], name="bulk_item_once")]


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

    JOB = "segments.run_export"
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


class SortIndex(TenantModel):
    """A field whose values are kept in order. Built when someone sorts by it. It holds what transactions below
    `read_to` wrote (`contact_touch` has later ones). `type`: when begun, empty while it is emptied. `after_key`:
    the last contact read.
    """

    platform_writes = True

    field = models.OneToOneField(ContactField, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=8, blank=True)
    read_to = models.BigIntegerField()
    after_key = models.BinaryField(max_length=32, default=bytes)
    built_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField()

    class Meta:
        db_table = "sort_index"


class SortKey(TenantModel):
    """The value of one contact in a sort index: a number, or a text. Contacts without a value have no row. No foreign
    keys (a check would lock each contact): a trigger deletes it.
    """

    platform_writes = True

    pk = models.CompositePrimaryKey("contact_id", "sort_index_id")
    account = models.ForeignKey(
        "accounts.Account", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    sort_index = models.ForeignKey(
        SortIndex, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    number = models.FloatField(null=True)
    text = models.TextField(null=True)

    class Meta:
        db_table = "sort_key"
        constraints = [
            models.CheckConstraint(
                condition=Q(number__isnull=False, text__isnull=True) | Q(number__isnull=True, text__isnull=False),
                name="sort_key_one_value",
            )
        ]
        indexes = [
            models.Index(
                fields=["account", "sort_index", "number", "contact"],
                condition=Q(number__isnull=False),
                name="sort_key_numbers",
            ),
            models.Index(
                fields=["account", "sort_index", "text", "contact"],
                condition=Q(text__isnull=False),
                name="sort_key_texts",
            ),
        ]


class Segment(TenantModel):
    """Saved conditions on contacts: a list or a tree that `segments.conditions.parsing` reads."""

    name = models.CharField(_("name"), max_length=120)
    conditions = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "segment"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="segment_name_once")]

    def __str__(self) -> str:
        return self.name

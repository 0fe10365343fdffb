"""Bulk actions: one change to many contacts, and the result for each."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mailflatrate.apps.lists.models.limited_tasks import LimitedTask
from mailflatrate.apps.lists.models.people import Contact
from mailflatrate.base.tenancy import TenantModel


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

    JOB = "lists.run_bulk"
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

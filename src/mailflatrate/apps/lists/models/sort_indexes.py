"""Values of custom fields in order, for large accounts (ADR 0053)."""

from django.db import models
from django.db.models import Q

from mailflatrate.apps.lists.models.fields import ContactField
from mailflatrate.apps.lists.models.people import Contact
from mailflatrate.base.tenancy import TenantModel


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

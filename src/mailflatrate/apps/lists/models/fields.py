"""Custom fields, and the progress of declaring them for earlier contacts."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.fields.field_type import ContactFieldType, FieldDefinition
from mailflatrate.rules.fields.values import FIELD_TYPES


class ContactField(TenantModel):
    """A custom field. Values: `Contact.attributes[key]`, in the form of `rules.fields.values`. An archived one is no
    longer offered; its values stay.
    """

    key = models.CharField(max_length=60)
    label = models.CharField(_("label"), max_length=120)
    type = models.CharField(max_length=20)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True, db_default="")
    choices = models.JSONField(default=list)
    default = models.JSONField(null=True, help_text="default in messages to contacts without a value")
    place = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "contact_field"
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="contact_field_key_once"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def definition(self) -> FieldDefinition:
        return FieldDefinition(self.key, self.kind, self.label, tuple(map(str, self.choices)), self.default)

    @property
    def kind(self) -> ContactFieldType:
        return FIELD_TYPES[self.type]


class FieldMigrationState(models.TextChoices):
    """READING declares fields for earlier contacts, CONVERTING rewrites values whose field has another type."""

    READING = "reading"
    CONVERTING = "converting"
    DONE = "done"


class FieldMigration(TenantModel):
    """The progress of reading or rewriting an account's contacts: `after_key` is the last one, in order of their keys.
    `found`: types that fit all of a key's values so far.
    """

    state = models.CharField(max_length=10, choices=FieldMigrationState.choices, default=FieldMigrationState.READING)
    after_key = models.BinaryField(max_length=32, default=bytes)
    found = models.JSONField(default=dict)
    changed = models.BigIntegerField(default=0, help_text="contacts rewritten by the last conversion")

    class Meta:
        db_table = "field_migration"
        constraints = [models.UniqueConstraint(fields=["account"], name="field_migration_once")]
        indexes = [models.Index(fields=["state"], condition=~Q(state="done"), name="field_migration_open")]

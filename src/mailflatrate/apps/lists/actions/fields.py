"""Declaring, changing, ordering and archiving custom fields."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field

from mailflatrate.apps.lists.errors import ListError, ListStateError, NameInUse
from mailflatrate.apps.lists.fields import (
    MAX_FIELDS,
    check_key,
    fault_sentence,
    month_first,
    special_sentence,
    walk_contacts,
)
from mailflatrate.apps.lists.models import ContactField, FieldMigrationState
from mailflatrate.base import audit, clock
from mailflatrate.rules.contacts.personal_data import is_special
from mailflatrate.rules.fields.field_keys import attribute_key
from mailflatrate.rules.fields.field_type import (
    MAX_CHOICE_CHARACTERS,
    MAX_CHOICES,
    FieldDefinition,
    FieldValue,
    UnreadableValue,
)
from mailflatrate.rules.fields.values import FIELD_TYPES, normalize_value

Purpose = Annotated[
    str, Field(min_length=1, max_length=300, description="what you use it for; contacts can ask to read this (R-97)")
]
Choices = Annotated[
    list[Annotated[str, Field(max_length=120)]],
    Field(max_length=MAX_CHOICES, description="only for the types `choice` and `choices`"),
]
Default = str | int | float | bool | list[str] | None
if TYPE_CHECKING:
    ContactFieldType = str
else:
    ContactFieldType = StrEnum("ContactFieldType", {name.upper(): name for name in FIELD_TYPES})
    ContactFieldType.__doc__ = "The types of fields."


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """A new field."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    key: Annotated[
        str, Field(pattern="^([a-z][a-z0-9_]{0,59})?$", description="made from the label if empty; never changes")
    ] = field(default="", kw_only=True)
    label: Annotated[str, Field(min_length=1, max_length=120)]
    type: ContactFieldType
    purpose: Purpose
    choices: Annotated[Choices, Field(json_schema_extra={"default": []})] = field(default_factory=list)
    default: Default = None


@transaction.atomic
def create_field(draft: FieldDraft) -> ContactField:
    """As the last in the order. Raises ListError."""
    label, purpose, choices, default = _checked(draft, draft.key or attribute_key(draft.label))
    key = draft.key.strip() or attribute_key(label)
    check_key(key)
    if ContactField.objects.filter(key=key).exists():
        raise NameInUse(_("another field is already called “%(name)s”") % {"name": key})
    if ContactField.objects.count() >= MAX_FIELDS:
        raise ListError(_("an account can have up to %(limit)d fields") % {"limit": MAX_FIELDS})
    last = ContactField.objects.aggregate(last=Max("place"))["last"] or 0
    field = ContactField.objects.create(
        key=key, label=label, type=str(draft.type), purpose=purpose, choices=choices, default=default, place=last + 1
    )
    walk_contacts(FieldMigrationState.CONVERTING)  # values under this key may come from before it was declared
    return field


@transaction.atomic
def change_field(field_id: int, draft: FieldDraft) -> ContactField:
    """All but the key. Values that don't suit a new type stay, and match no condition. Raises ListError."""
    field = _locked(field_id)
    before = (field.type, field.choices)
    field.label, field.purpose, field.choices, field.default = _checked(draft, field.key)
    field.type = str(draft.type)
    field.save(update_fields=["label", "purpose", "choices", "default", "type"])
    if before != (field.type, field.choices):
        walk_contacts(FieldMigrationState.CONVERTING)
    return field


@transaction.atomic
def move_field(field_id: int, *, up: bool) -> None:
    """With its neighbor; nothing at the ends. Raises ListError."""
    _locked(field_id)
    rows = list(ContactField.objects.select_for_update().filter(archived_at=None).order_by("place", "id"))
    at = next((number for number, row in enumerate(rows) if row.id == field_id), None)
    if at is None:
        raise ListStateError(_("this field is archived"))
    other = at - 1 if up else at + 1
    if 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
    for place, row in enumerate(rows, start=1):
        row.place = place
    ContactField.objects.bulk_update(rows, ["place"])


@transaction.atomic
def archive_field(field_id: int) -> None:
    """Its values are kept. Idempotent. Raises ListError."""
    _archive(_locked(field_id), clock.now())


@transaction.atomic
def restore_field(field_id: int) -> None:
    """Idempotent. Raises ListError."""
    _archive(_locked(field_id), None)


def _archive(field: ContactField, at: datetime | None) -> None:
    if (field.archived_at is None) == (at is None):
        audit.nothing_changed()
        return
    field.archived_at = at
    field.save(update_fields=["archived_at"])


def _locked(field_id: int) -> ContactField:
    field = ContactField.objects.select_for_update().filter(id=field_id).first()
    if field is None:
        raise ListError(_("this field doesn't exist"))
    return field


def _checked(draft: FieldDraft, key: str) -> tuple[str, str, list[str], FieldValue | None]:
    """As they are stored. Raises ListError."""
    label = " ".join(draft.label.split())[:120]
    purpose = " ".join(draft.purpose.split())[:300]
    if not label:
        raise ListError(_("enter a label for the field"))
    if is_special(label):
        raise ListError(special_sentence(label))
    if not purpose:
        raise ListError(_("say what you use this field for; people can ask you, and the law expects an answer"))
    choices = _choices(draft)
    definition = FieldDefinition(key, FIELD_TYPES[draft.type], label, choices)
    try:
        return label, purpose, choices, normalize_value(definition, draft.default, month_first=month_first())
    except UnreadableValue as error:
        raise ListError(f"{_('default')}: {fault_sentence(definition, error.fault)}") from error


def _choices(draft: FieldDraft) -> list[str]:
    if not FIELD_TYPES[draft.type].has_choices:
        return []
    by_folded_text: dict[str, str] = {}
    for choice in draft.choices:
        text = " ".join(choice.replace("\0", "").split())
        if text:
            by_folded_text.setdefault(text.casefold(), text)
    if len(by_folded_text) < 2:
        raise ListError(_("enter at least two choices, one per line"))
    if len(by_folded_text) > MAX_CHOICES or any(len(text) > MAX_CHOICE_CHARACTERS for text in by_folded_text.values()):
        raise ListError(
            _("use up to %(limit)d choices of up to %(length)d characters")
            % {"limit": MAX_CHOICES, "length": MAX_CHOICE_CHARACTERS}
        )
    if any(re.search(r"[;|]", text) for text in by_folded_text.values()):
        raise ListError(_("a choice can't contain ; or |, which separate several choices"))
    return list(by_folded_text.values())

"""Custom fields of contacts: their types, names and default values."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from django.http import Http404
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.lists.actions import fields as fields_actions
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import ContactField
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Name,
    Page,
    PageQuery,
    RequestBodySchema,
    Value,
    filled,
    page_from,
)
from mailflatrate.rules.fields.field_type import MAX_CHOICES
from mailflatrate.rules.fields.values import FIELD_TYPES

ROUTER = Router(tags=["Fields"])
Purpose = Annotated[
    str, Field(min_length=1, max_length=300, description="what you use it for; contacts can ask to read this (R-97)")
]
Choices = Annotated[
    list[Annotated[str, Field(max_length=120)]],
    Field(max_length=MAX_CHOICES, description="only for the types `choice` and `choices`"),
]
Default = Value | list[str] | None
if TYPE_CHECKING:
    ContactFieldType = str
else:
    ContactFieldType = StrEnum("ContactFieldType", {name.upper(): name for name in FIELD_TYPES})
    ContactFieldType.__doc__ = "The types of fields."


class FieldInfo(Schema):
    """A custom field. A contact's value for it is in `attributes`, under the field's `key`."""

    id: int
    key: str
    label: str
    type: ContactFieldType
    purpose: Annotated[str, Field(description="empty for a field that an import or a form added")]
    choices: list[str]
    default: Annotated[Default, Field(description="what messages show for contacts without a value")]
    archived_at: datetime | None
    created_at: datetime


class NewField(RequestBodySchema):
    """A new field."""

    key: Annotated[
        str, Field(pattern="^([a-z][a-z0-9_]{0,59})?$", description="made from the label if empty; never changes")
    ] = ""
    label: Name
    type: ContactFieldType
    purpose: Purpose
    choices: Choices = []
    default: Default = None


class FieldChange(RequestBodySchema):
    """Changes to a field. Properties you leave out stay the same."""

    label: Name | None = None
    type: ContactFieldType | None = None
    purpose: Purpose | None = None
    choices: Choices | None = None
    default: Default = None


class FieldQuery(PageQuery):
    """Filters for fields."""

    archived: bool = False


def _find(field_id: int) -> ContactField:
    found = ContactField.objects.filter(id=field_id).first()
    if found is None:
        raise Http404
    return found


def _shown(field: ContactField) -> FieldInfo:
    return filled(FieldInfo, field)


@endpoint(ROUTER, "get", "/fields", scope=KeyScope.READ)
def list_fields(request: ApiRequest, which: Query[FieldQuery]) -> Page[FieldInfo]:
    """List custom fields in their order. Archived fields are included only on request."""
    return page_from(fields(archived=which.archived), which, lambda field: field.id, _shown)


@endpoint(ROUTER, "get", "/fields/{field_id}", scope=KeyScope.READ)
def show_field(request: ApiRequest, field_id: Id) -> FieldInfo:
    """Show a custom field."""
    return _shown(_find(field_id))


@endpoint(ROUTER, "post", "/fields", scope=KeyScope.CONTACTS_WRITE, status=201, repeatable=True)
def create_field(request: ApiRequest, given: NewField) -> FieldInfo:
    """Declare a custom field. A value written to an unknown key declares one, too: as text, number or boolean."""
    draft = FieldDraft(given.label, given.type, given.purpose, given.choices, given.default, given.key)
    return _shown(fields_actions.create_field(draft))


@endpoint(ROUTER, "patch", "/fields/{field_id}", scope=KeyScope.CONTACTS_WRITE)
def change_field(request: ApiRequest, field_id: Id, given: FieldChange) -> FieldInfo:
    """Change a custom field.

    After a change of type or choices, stored values are converted in the background; a value that can't be converted
    stays as it is and matches no condition. `default: null` removes the default.
    """
    field = _find(field_id)
    draft = FieldDraft(
        label=field.label if given.label is None else given.label,
        type=field.type if given.type is None else given.type,
        purpose=field.purpose if given.purpose is None else given.purpose,
        choices=field.choices if given.choices is None else given.choices,
        default=given.default if "default" in given.model_fields_set else field.default,
        key=field.key,
    )
    return _shown(fields_actions.change_field(field_id, draft))


@endpoint(ROUTER, "post", "/fields/{field_id}/archive", scope=KeyScope.CONTACTS_WRITE)
def archive_field(request: ApiRequest, field_id: Id) -> FieldInfo:
    """Archive a custom field: it is no longer offered, and its values stay. You can undo this."""
    _find(field_id)
    fields_actions.archive_field(field_id)
    return _shown(_find(field_id))


@endpoint(ROUTER, "post", "/fields/{field_id}/restore", scope=KeyScope.CONTACTS_WRITE)
def restore_field(request: ApiRequest, field_id: Id) -> FieldInfo:
    """Restore an archived custom field."""
    _find(field_id)
    fields_actions.restore_field(field_id)
    return _shown(_find(field_id))

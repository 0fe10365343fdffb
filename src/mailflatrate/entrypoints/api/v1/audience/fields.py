"""Custom fields of contacts: their types, names and default values."""

from datetime import datetime
from typing import Annotated

from ninja import Body, Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.lists.actions import fields as fields_actions
from mailflatrate.apps.lists.actions.fields import Choices, ContactFieldType, Default, FieldDraft, Purpose
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import ContactField
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Name,
    Page,
    PageQuery,
    RequestBodySchema,
    filled,
    page_from,
    with_changes,
)
from mailflatrate.entrypoints.presenters.lookups import find_field

ROUTER = Router(tags=["Fields"])


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


def _shown(field: ContactField) -> FieldInfo:
    return filled(FieldInfo, field)


@endpoint(ROUTER, "get", "/fields", scope=KeyScope.READ)
def list_fields(request: ApiRequest, which: Query[FieldQuery]) -> Page[FieldInfo]:
    """List custom fields in their order. Archived fields are included only on request."""
    return page_from(fields(archived=which.archived), which, _shown)


@endpoint(ROUTER, "get", "/fields/{field_id}", scope=KeyScope.READ)
def show_field(request: ApiRequest, field_id: Id) -> FieldInfo:
    """Show a custom field."""
    return _shown(find_field(field_id))


@endpoint(ROUTER, "post", "/fields", scope=KeyScope.CONTACTS_WRITE, status=201, repeatable=True)
def create_field(request: ApiRequest, given: Body[FieldDraft]) -> FieldInfo:
    """Declare a custom field. A value written to an unknown key declares one, too: as text, number or boolean."""
    return _shown(fields_actions.create_field(given))


@endpoint(ROUTER, "patch", "/fields/{field_id}", scope=KeyScope.CONTACTS_WRITE)
def change_field(request: ApiRequest, field_id: Id, given: FieldChange) -> FieldInfo:
    """Change a custom field.

    After a change of type or choices, stored values are converted in the background; a value that can't be converted
    stays as it is and matches no condition. `default: null` removes the default.
    """
    field = find_field(field_id)
    values = with_changes(field, given) | given.model_dump(include={"default"}, exclude_unset=True)
    return _shown(fields_actions.change_field(field_id, FieldDraft(key=field.key, **values)))


@endpoint(ROUTER, "post", "/fields/{field_id}/archive", scope=KeyScope.CONTACTS_WRITE)
def archive_field(request: ApiRequest, field_id: Id) -> FieldInfo:
    """Archive a custom field: it is no longer offered, and its values stay. You can undo this."""
    find_field(field_id)
    fields_actions.archive_field(field_id)
    return _shown(find_field(field_id))


@endpoint(ROUTER, "post", "/fields/{field_id}/restore", scope=KeyScope.CONTACTS_WRITE)
def restore_field(request: ApiRequest, field_id: Id) -> FieldInfo:
    """Restore an archived custom field."""
    find_field(field_id)
    fields_actions.restore_field(field_id)
    return _shown(find_field(field_id))

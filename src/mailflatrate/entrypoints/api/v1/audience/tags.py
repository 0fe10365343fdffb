"""Tags: names for groups of contacts. A tag gives no permission to send."""

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.lists.actions import tags
from mailflatrate.apps.lists.tags import TagInfo, tag_table
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import wrong
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    TagName,
    page_from,
)
from mailflatrate.entrypoints.presenters.lookups import find_tag
from mailflatrate.rules.contacts.tags import TagColor

ROUTER = Router(tags=["Tags"])


class NewTag(RequestBodySchema):
    """A new tag."""

    name: TagName
    color: TagColor | None = None


class TagChange(RequestBodySchema):
    """Changes to a tag. Properties you leave out stay the same."""

    name: TagName | None = None
    color: TagColor | None = None


class TagDeletion(RequestBodySchema):
    """Confirms that the tag is really to be removed from all contacts."""

    sure: bool = False


class TagDeletionResult(Schema):
    """How many contacts had the tag."""

    people: int


def _one(tag_id: int) -> TagInfo:
    find_tag(tag_id)
    return next(row for row in tag_table() if row.id == tag_id)


@endpoint(ROUTER, "get", "/tags", scope=KeyScope.READ)
def list_tags(request: ApiRequest, which: Query[PageQuery]) -> Page[TagInfo]:
    """List tags by name, each with its number of contacts."""
    return page_from(tag_table(), which)


@endpoint(ROUTER, "post", "/tags", scope=KeyScope.CONTACTS_WRITE, status=201, repeatable=True)
def create_tag(request: ApiRequest, given: NewTag) -> TagInfo:
    """Create a tag.

    An unknown tag is also created when you add it to a contact.
    """
    return _one(tags.create_tag(given.name, given.color).id)


@endpoint(ROUTER, "get", "/tags/{tag_id}", scope=KeyScope.READ)
def show_tag(request: ApiRequest, tag_id: Id) -> TagInfo:
    """Show a tag with its number of contacts."""
    return _one(tag_id)


@endpoint(ROUTER, "patch", "/tags/{tag_id}", scope=KeyScope.CONTACTS_WRITE)
def change_tag(request: ApiRequest, tag_id: Id, given: TagChange) -> TagInfo:
    """Rename or recolor a tag. Contacts keep it."""
    tag = find_tag(tag_id)
    tags.change_tag(tag_id, name=given.name or tag.name, color=given.color or TagColor(tag.color))
    return _one(tag_id)


@endpoint(ROUTER, "post", "/tags/{tag_id}/delete", scope=KeyScope.CONTACTS_WRITE)
def delete_tag(request: ApiRequest, tag_id: Id, given: TagDeletion) -> TagDeletionResult:
    """Delete a tag and remove it from all contacts.

    You can't undo this.
    """
    tag = _one(tag_id)
    if not given.sure:
        raise wrong("sure", _("send true to confirm"))
    tags.delete_tag(tag_id)
    return TagDeletionResult(people=tag.people)

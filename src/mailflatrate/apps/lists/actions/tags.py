"""Create, change and delete tags, and set the tags of one contact."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ListError, NameInUse
from mailflatrate.apps.lists.models import Contact, ContactTag, Tag
from mailflatrate.apps.lists.tags import checked_name, ensure_tags, give_tags, take_tags
from mailflatrate.base import audit, clock
from mailflatrate.rules.contacts.tags import TagColor


@transaction.atomic
def create_tag(name: str, color: TagColor | None = None) -> Tag:
    """Raises ListError for a name that exists."""
    name = checked_name(name)
    if Tag.objects.filter(folded=name.casefold()).exists():
        raise NameInUse(_("another tag is already called “%(name)s”") % {"name": name})
    (tag_id,) = ensure_tags([name])
    if color is not None:
        Tag.objects.filter(id=tag_id).update(color=color.value)
    return Tag.objects.get(id=tag_id)


def change_tag(tag_id: int, *, name: str, color: TagColor) -> None:
    """Contacts keep it. Raises ListError."""
    name = checked_name(name)
    try:
        with transaction.atomic():
            if not Tag.objects.filter(id=tag_id).update(name=name, folded=name.casefold(), color=color.value):
                raise ListError(_("this tag doesn't exist"))
    except IntegrityError as error:
        raise NameInUse(_("another tag is already called “%(name)s”") % {"name": name}) from error


@transaction.atomic
def delete_tag(tag_id: int) -> int:
    """From all contacts; return how many had it. Idempotent."""
    tag = Tag.objects.select_for_update().filter(id=tag_id).first()
    if tag is None:
        audit.nothing_changed()
        return 0
    people, _rows = ContactTag.objects.filter(tag=tag).delete()
    tag.delete()
    return people


@transaction.atomic
def change_tags(contact_id: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """By name; new tags are created. Raises ListError."""
    if not Contact.objects.select_for_update().filter(id=contact_id).exists():
        raise ListError(_("this contact doesn't exist"))
    gone = {name.strip().casefold() for name in remove}
    if gone:
        take_tags([contact_id], list(Tag.objects.filter(folded__in=gone).values_list("id", flat=True)))
    added = [name for name in add if name.strip().casefold() not in gone]
    if added:
        give_tags([contact_id], ensure_tags(added))
    Contact.objects.filter(id=contact_id).update(updated_at=clock.now())

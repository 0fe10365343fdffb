"""Saving and deleting segments."""

from typing import Any

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import SegmentError, SegmentInUse, SegmentNameInUse
from mailflatrate.apps.segments.conditions.checks import check_segment
from mailflatrate.apps.segments.conditions.tree import stored_form
from mailflatrate.apps.segments.conditions.uses import uses_of
from mailflatrate.apps.segments.models import BulkAction, Segment
from mailflatrate.base import audit, tenancy
from mailflatrate.base.long_task import TaskState


@tenancy.needs_account
def save_segment(name: str, definition: Any, *, segment_id: int | None = None) -> Segment:
    """`definition`: conditions that all must match, a JSON group, or a tree. Raises SegmentError for the customer."""
    name = " ".join(name.split())[:120]
    if not name or "\0" in name:
        raise SegmentError(_("enter a name for the segment"))
    conditions = stored_form(check_segment(definition))
    try:
        with transaction.atomic():
            if segment_id is None:
                return Segment.objects.create(name=name, conditions=conditions)
            segment = Segment.objects.select_for_update().get(id=segment_id)
            segment.name, segment.conditions = name, conditions
            segment.save(update_fields=["name", "conditions"])
            return segment
    except Segment.DoesNotExist as error:
        raise SegmentError(_("this segment doesn't exist")) from error
    except IntegrityError as error:
        raise SegmentNameInUse(_("another segment is already called “%(name)s”") % {"name": name}) from error


@tenancy.needs_account
def delete_segment(segment_id: int) -> None:
    """Idempotent. Raises SegmentInUse with the places. Campaigns that have begun keep their conditions."""
    with transaction.atomic():
        if not Segment.objects.select_for_update().filter(id=segment_id).exists():
            audit.nothing_changed()
            return
        if places := segment_places(segment_id):
            raise SegmentInUse(places)
        Segment.objects.filter(id=segment_id).delete()


@tenancy.needs_account
def segment_places(segment_id: int) -> list[str]:
    waiting = BulkAction.objects.filter(state=TaskState.QUEUED, selection__segment=segment_id).exists()
    return [*([_("a bulk action that is about to begin")] if waiting else []), *uses_of(segment_id)]

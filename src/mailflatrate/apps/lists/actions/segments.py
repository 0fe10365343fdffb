"""Saving and deleting segments."""

from typing import Any

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import Segment
from mailflatrate.apps.lists.segments import parse_conditions


def save_segment(name: str, conditions: list[Any], *, segment_id: int | None = None) -> Segment:
    """Create a segment, or change the one with `segment_id`. Raises SegmentError worded for the customer."""
    name = " ".join(name.split())[:120]
    if not name:
        raise SegmentError(_("enter a name for the segment"))
    kept = [condition.as_json() for condition in parse_conditions(conditions)]
    try:
        with transaction.atomic():
            if segment_id is None:
                return Segment.objects.create(name=name, conditions=kept)
            segment = Segment.objects.select_for_update().get(id=segment_id)
            segment.name, segment.conditions = name, kept
            segment.save(update_fields=["name", "conditions"])
            return segment
    except Segment.DoesNotExist as error:
        raise SegmentError(_("this segment doesn't exist")) from error
    except IntegrityError as error:
        raise SegmentError(_("another segment is already called “%(name)s”") % {"name": name}) from error


def delete_segment(segment_id: int) -> None:
    """Delete a segment. Campaigns keep the conditions they were planned with. Idempotent."""
    Segment.objects.filter(id=segment_id).delete()

"""What members who see only some lists may ask for."""

from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.segments.conditions.checks import check_segment
from mailflatrate.base import tenancy
from mailflatrate.rules.conditions import Field

_OF_ALL_LISTS = frozenset({Field.SOURCE, Field.CONSENT, Field.RECEIVED})
"""They read all lists, so an audience would tell who is on another one."""


@tenancy.needs_account
def refuse_beyond_limit(conditions: Any) -> None:
    """About lists, forms or campaigns that a limited member doesn't see. Raises SegmentError."""
    if tenancy.limited_member() is None:
        return
    for condition in check_segment(conditions).conditions():
        of_any = condition.field in (Field.CLICKED, Field.ANSWERED) and condition.campaign is None
        if condition.field in _OF_ALL_LISTS or of_any:
            raise SegmentError(_("a condition asks about all lists, and you see only some; remove it"))

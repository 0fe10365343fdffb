"""What members who see only some lists may ask for and import."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import limit_of
from mailflatrate.apps.lists.conditions.checks import check_segment
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import Import
from mailflatrate.base import tenancy
from mailflatrate.rules.conditions import Field


def is_on_other_lists(contact_id: int) -> bool:
    """On one that the member doesn't see; False without a limit."""
    if tenancy.limited_member() is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.is_on_other_lists(%s)", [contact_id])
        return bool(cursor.fetchone()[0])


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


@tenancy.needs_account
def may_import(job: Import) -> bool:
    """Its starter still sees the list, or has left the account."""
    now = limit_of(job.created_by_id)
    return now is None or job.mailing_list_id in now

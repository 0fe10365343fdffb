"""Which contacts a bulk action covers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter, contacts_matching, filter_from_json
from mailflatrate.apps.segments.models import BulkAction
from mailflatrate.base import tenancy

MOST_IDS = 1_000


@dataclass(frozen=True, slots=True)
class BulkSelection:
    """Either `ids`, or everyone who matches `wanted`."""

    ids: tuple[int, ...] = ()
    wanted: ContactFilter | None = None

    def as_json(self) -> dict[str, Any]:
        return {"ids": list(self.ids)} if self.wanted is None else self.wanted.as_json()


def selection_of(ids: Sequence[int], criteria: ContactFilter | None) -> BulkSelection:
    """Raises ListError if it is empty or has too many ids."""
    if criteria is None and not ids:
        raise ListError(_("select at least one contact"))
    if len(ids) > MOST_IDS:
        raise ListError(_("select up to %(limit)d contacts one by one, or all that match") % {"limit": MOST_IDS})
    return BulkSelection(tuple(ids), criteria)


def from_json(stored: Mapping[str, Any]) -> BulkSelection:
    if "ids" in stored:
        return BulkSelection(tuple(stored["ids"]))
    return BulkSelection(wanted=filter_from_json(stored))


def selected(selection: BulkSelection) -> QuerySet[Contact]:
    if selection.wanted is None:
        return Contact.objects.filter(id__in=selection.ids)
    return contacts_matching(selection.wanted)


def count_selected(selection: BulkSelection) -> int:
    return selected(selection).count()


def fix_selection(action: BulkAction) -> int:
    """For undoing: those that the action had changed. Returns how many."""
    account_id = tenancy.current_account_id()
    with connection.cursor() as cursor:
        if action.undoes_id is not None:
            cursor.execute(
                """INSERT INTO bulk_item (account_id, action_id, contact_id, is_changed, before)
                SELECT account_id, %s, contact_id, false, before FROM bulk_item
                WHERE account_id = %s AND action_id = %s AND is_changed""",
                [action.id, account_id, action.undoes_id],
            )
        else:
            people = selected(from_json(action.selection)).order_by().values("id")
            sql, values = people.query.sql_with_params()
            chosen = f"SELECT %s, %s, chosen.id, false FROM ({sql}) AS chosen"  # noqa: S608  Django's own SQL
            cursor.execute(
                f"INSERT INTO bulk_item (account_id, action_id, contact_id, is_changed) {chosen}",
                [account_id, action.id, *values],
            )
        return int(cursor.rowcount)

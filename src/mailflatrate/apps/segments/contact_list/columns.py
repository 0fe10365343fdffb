"""The columns of the contact list, and the ones that each member of the account chose."""

from collections.abc import Iterable, Sequence

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.lists.fields import fields
from mailflatrate.apps.lists.models import ContactColumns
from mailflatrate.apps.segments.contact_list.ordering import FIELD_PREFIX
from mailflatrate.base import tenancy

OWN_COLUMNS = ("name", "subscriptions", "tags", "added", "confirmed", "activity", "external_id")
DEFAULT_COLUMNS = ("name", "subscriptions", "tags", "added")
MOST_COLUMNS = 20


def offered_columns() -> list[str]:
    return [*OWN_COLUMNS, *(f"{FIELD_PREFIX}{field.key}" for field in fields())]


def known_columns(names: Iterable[str]) -> list[str]:
    offered = set(offered_columns())
    return [name for name in dict.fromkeys(names) if name in offered][:MOST_COLUMNS]


def columns_of(user: User) -> list[str]:
    """Or the default ones; archived fields are left out."""
    chosen = ContactColumns.objects.filter(user=user).values_list("columns", flat=True).first()
    return known_columns(DEFAULT_COLUMNS if chosen is None else chosen)


def choose_columns(user: User, names: Sequence[str]) -> list[str]:
    """Return those of them that exist."""
    columns = known_columns(names)
    account_id = tenancy.current_account_id()
    ContactColumns.objects.update_or_create(account_id=account_id, user=user, defaults={"columns": columns})
    return columns

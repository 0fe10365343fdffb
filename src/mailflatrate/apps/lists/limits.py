"""What members who see only some lists may see of people."""

from django.db import connection

from mailflatrate.base import tenancy


def is_on_other_lists(contact_id: int) -> bool:
    """On one that the member doesn't see; False without a limit."""
    if tenancy.limited_member() is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.is_on_other_lists(%s)", [contact_id])
        return bool(cursor.fetchone()[0])

"""Statistics for the query planner on tables that grow by whole campaigns, refreshed after each planning.

A campaign of a million rows would be sent before the server's autovacuum analyzes the table, and after a failover the
server's counters begin at zero. Only a table's owner may analyze it, so a function of the owner does it
(`sql/statistics.sql`).
"""

from django.db import connection


def refresh() -> None:
    """Update the planner's statistics where a table grew by a tenth. Takes well below a second."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.refresh_statistics()")

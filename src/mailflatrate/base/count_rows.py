"""Counts that are kept as rows: each writer adds one, so that no one waits, and a job adds up those of the same key."""

from dataclasses import dataclass

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason


@dataclass(frozen=True, slots=True)
class CountTable:
    """Columns `account_id`, `owner`, `keys`, `count`: rows with the same keys mean their sum. Names are never input."""

    name: str
    owner: str
    keys: tuple[str, ...]

    def fold(self, many_rows: int) -> int:
        """Add up the counts of owners with more than `many_rows` rows; return the number of owners."""
        with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT account_id, {self.owner} FROM {self.name} GROUP BY 1, 2 HAVING count(*) > %s",  # noqa: S608
                [many_rows],
            )
            owners = cursor.fetchall()
        for account_id, owner in owners:
            with tenancy.account(account_id), connection.cursor() as cursor:
                cursor.execute(self._fold, {"account_id": account_id, "owner": owner})
        return len(owners)

    @property
    def _fold(self) -> str:
        keys = ", ".join(self.keys)
        return f"""
        WITH gone AS (
            DELETE FROM {self.name} WHERE account_id = %(account_id)s AND {self.owner} = %(owner)s
            RETURNING {keys}, count
        )
        INSERT INTO {self.name} (account_id, {self.owner}, {keys}, count)
        SELECT %(account_id)s, %(owner)s, {keys}, sum(count) FROM gone GROUP BY {keys}
        """  # noqa: S608  # made of constants

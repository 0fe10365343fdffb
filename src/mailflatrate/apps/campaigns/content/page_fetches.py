"""Fetching pages that an account names (docs/features/link-checks.md), one at a time for each account. All share one
number a day, counted in a table of its own, so that deleting drafts gives none back.
"""

from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models.content_lookup import PageFetchCount
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.limits import value
from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.web import Document, Want, fetch

COUNTS_KEPT: Final = timedelta(days=30)
_TAKE = """
INSERT INTO page_fetch_count AS c (account_id, day, fetched) VALUES (%(account_id)s, %(day)s, 1)
ON CONFLICT (account_id, day) DO UPDATE SET fetched = c.fetched + 1 WHERE c.fetched < %(most)s
"""


def turn_of_account() -> str:
    """One such job of an account at a time. It waits for all earlier ones, so none may be planned far ahead."""
    return turn_of(tenancy.current_account_id())


def turn_of(account_id: int) -> str:
    return f"page-fetches-{account_id}"


def fetch_counted(
    account_id: int, url: str, resolver: Resolver, want: Want, *, private: bool = False
) -> Document | None:
    """Fetch a page outside any transaction; None when the account has used up its day. `private` is for tests."""
    with tenancy.account(account_id), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"account_id": account_id, "day": clock.now().date(), "most": _most()})
        if not cursor.rowcount:
            return None
    return fetch(url, resolver, want, private=private)


@tenancy.needs_account
def is_used_up() -> bool:
    return PageFetchCount.objects.filter(day=clock.now().date(), fetched__gte=_most()).exists()


def used_up_words() -> str:
    words = _("Your account has opened %(most)d web pages today (UTC), which is the daily limit. Try again tomorrow.")
    return words % {"most": _most()}


@tenancy.needs_platform
def forget_counts() -> None:
    PageFetchCount.objects.filter(day__lt=clock.now().date() - COUNTS_KEPT).delete()


def _most() -> int:
    return int(value("page_fetches_day"))

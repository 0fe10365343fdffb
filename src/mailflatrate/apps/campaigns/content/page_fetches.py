"""Fetching pages that an account names: links of drafts, messages, brands, feeds (docs/features/link-checks.md).

The jobs have a queue of their own, one at a time for each account. All fetches of an account share one number a day,
which is counted in a table of its own, so deleting drafts or copies gives none back.
"""

from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models.page_fetch_count import PageFetchCount
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
    """Return the lock of the current account's jobs that fetch pages: one at a time.

    A job waits for all earlier ones of its account, so none may be planned far ahead: it would hold up the later ones.
    """
    return turn_of(tenancy.current_account_id())


def turn_of(account_id: int) -> str:
    """Return the lock of `turn_of_account` for any account."""
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
    """Return whether the account has used up its foreign pages for today (UTC)."""
    return PageFetchCount.objects.filter(day=clock.now().date(), fetched__gte=_most()).exists()


def used_up_words() -> str:
    """Return why nothing more is fetched today, and what to do."""
    words = _("Your account has opened %(most)d web pages today (UTC), which is the daily limit. Try again tomorrow.")
    return words % {"most": _most()}


@tenancy.needs_platform
def forget_counts() -> None:
    """Delete the counts of days long past."""
    PageFetchCount.objects.filter(day__lt=clock.now().date() - COUNTS_KEPT).delete()


def _most() -> int:
    return int(value("page_fetches_day"))

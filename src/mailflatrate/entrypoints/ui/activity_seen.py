"""The lines of an account's log that a member sees: all of them, or those about what is on their lists (ADR 0048)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final

from django.db.models import Model

from mailflatrate.apps.accounts.models import Membership
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.lists.limits import is_on_other_lists
from mailflatrate.apps.lists.models import BulkAction, Contact, Export, Import, ListOrigin, MailingList, Move
from mailflatrate.base import tenancy
from mailflatrate.base.audit import ActorKind
from mailflatrate.base.audit.account_log import PAGE_ROWS, AccountLogFilter, account_batches, account_lines
from mailflatrate.base.audit.models import AuditEntry

MOST_BATCHES: Final = 20
"""A page reads up to this many batches to find enough lines that a limited member sees."""
_OF_LISTS: Final[dict[str, type[Model]]] = {
    "campaign": Campaign,
    "mailing": Campaign,
    "contact": Contact,
    "list": MailingList,
    "origin": ListOrigin,
    "import": Import,
    "move": Move,
    "form": Form,
    "export": Export,
    "bulk": BulkAction,
}


def seen_lines(
    account_id: int, wanted: AccountLogFilter, *, before_id: int = 0, rows: int = PAGE_ROWS
) -> list[AuditEntry]:
    if tenancy.limited_member() is None:
        return account_lines(account_id, wanted, before_id=before_id, rows=rows)
    found: list[AuditEntry] = []
    for lines in islice(account_batches(account_id, wanted, before_id=before_id), MOST_BATCHES):
        found += _seen(lines)
        if len(found) >= rows:
            break
    return found[:rows]


def all_seen_lines(membership: Membership, wanted: AccountLogFilter) -> Iterator[AuditEntry]:
    """Yield all lines that a member sees, newest first. It runs outside of any scope, after the page."""
    for lines in account_batches(membership.account_id, wanted):
        if not membership.is_limited:
            yield from lines
            continue
        with tenancy.member(membership.account_id, membership.user_id, is_limited=True):
            seen = _seen(lines)
        yield from seen


def _seen(lines: Iterable[AuditEntry]) -> list[AuditEntry]:
    lines, member = list(lines), str(tenancy.limited_member())
    numbers: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        kind, _colon, key = line.subject.partition(":")
        if kind in _OF_LISTS and key.isascii() and key.isdecimal() and len(key) < 19:
            numbers[kind].add(int(key))
    seen = {kind: _visible(kind, ids) for kind, ids in numbers.items()}
    return [line for line in lines if _is_by(line, member) or _is_about(line, seen)]


def _visible(kind: str, ids: Collection[int]) -> set[str]:
    rows = _OF_LISTS[kind]._default_manager.filter(id__in=ids).values_list("id", flat=True)
    # What was done to a contact may have been about a list that the member doesn't see.
    return {str(number) for number in rows if kind != "contact" or not is_on_other_lists(number)}


def _is_by(line: AuditEntry, member: str) -> bool:
    return line.actor_kind == ActorKind.CUSTOMER and str(line.actor_id) == member


def _is_about(line: AuditEntry, seen: dict[str, set[str]]) -> bool:
    kind, _colon, key = line.subject.partition(":")
    return key in seen.get(kind, ())

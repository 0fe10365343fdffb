"""How many contacts match: from counters if possible, else counted within a time limit."""

from dataclasses import dataclass

from django.db.models import Sum

from mailflatrate.apps.lists.models import ListTally
from mailflatrate.apps.segments.contact_list.bounded import within
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter, contacts_matching, on_own_lists

MOST_COUNTED = 10_000
EXACT_MILLISECONDS = 300
BOUNDED_MILLISECONDS = 100


@dataclass(frozen=True, slots=True)
class ContactCount:
    """`is_exact` False: more than `people`, which is 0 if even that took too long."""

    people: int
    is_exact: bool = True


def count_contacts(criteria: ContactFilter) -> ContactCount:
    """Or a lower bound, if counting takes too long. Raises SegmentError."""
    tally = _tally(criteria)
    if tally is not None:
        return ContactCount(tally)
    people = on_own_lists(contacts_matching(criteria), criteria)
    exact = within(EXACT_MILLISECONDS, people.count)
    if exact is not None:
        return ContactCount(exact)
    some = within(BOUNDED_MILLISECONDS, people.order_by()[: MOST_COUNTED + 1].count)
    if some is None:
        return ContactCount(0, is_exact=False)
    return ContactCount(some) if some <= MOST_COUNTED else ContactCount(MOST_COUNTED, is_exact=False)


def _tally(criteria: ContactFilter) -> int | None:
    """Of one list, or one state of it; None if something else is asked, too."""
    if criteria.list_id is None or ContactFilter(list_id=criteria.list_id, state=criteria.state) != criteria:
        return None
    rows = ListTally.objects.filter(mailing_list_id=criteria.list_id)
    if criteria.state is not None:
        rows = rows.filter(state=criteria.state)
    return int(rows.aggregate(people=Sum("people"))["people"] or 0)

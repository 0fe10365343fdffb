"""What the list of contacts is narrowed to, from an address or a form."""

from django.http import QueryDict

from mailflatrate.apps.lists.models import SUBSCRIPTION_LABELS, MailingList, Segment, SubscriptionState, Tag
from mailflatrate.apps.lists.queries import ContactFilter
from mailflatrate.entrypoints.web.studio.common import whole_number

MAX_SEARCH_CHARACTERS = 100


def posted_filter(given: QueryDict) -> ContactFilter:
    """Return the filter; a list, tag or segment that the account doesn't have is left out."""
    list_id, tag_id, segment_id = (whole_number(given.get(name)) for name in ("list", "tag", "segment"))
    state = given.get("state", "")
    return ContactFilter(
        search=given.get("q", "").replace("\0", "").strip()[:MAX_SEARCH_CHARACTERS],
        list_id=list_id if list_id and MailingList.objects.filter(id=list_id).exists() else None,
        state=SubscriptionState(state) if state in SUBSCRIPTION_LABELS else None,
        tag_id=tag_id if tag_id and Tag.objects.filter(id=tag_id).exists() else None,
        segment_id=segment_id if segment_id and Segment.objects.filter(id=segment_id).exists() else None,
    )

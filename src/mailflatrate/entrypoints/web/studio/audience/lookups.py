"""Lookups of what a URL names, in the account of the person who asks."""

from django.http import Http404

from mailflatrate.apps.lists.models import MailingList


def find_list(list_id: int) -> MailingList:
    """Return the account's own list, archived or not. Raises Http404."""
    found = MailingList.objects.filter(id=list_id).first()
    if found is None:
        raise Http404
    return found

"""Test lists. They grant nothing: each address is asked about at each test, so that who left or refused is skipped."""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.errors import CampaignInputError, NameTaken
from mailflatrate.apps.campaigns.models import TestList
from mailflatrate.apps.gate.test_recipients import test_addresses
from mailflatrate.base import tenancy
from mailflatrate.rules.addresses import is_refused_role

MOST_LISTS: Final = 20
MOST_ADDRESSES: Final = 10
# New lists of one account are counted one after the other; otherwise two would each count what there was before both.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def choosable() -> list[tuple[str, str]]:
    return [(address, name) for address, name in test_addresses() if not _is_role(address)]


def save_test_list(
    name: str, addresses: Sequence[str], *, by: User, list_id: int | None = None, is_new: bool = False
) -> TestList:
    """Replaces one of the name, unless `is_new`. Raises NameTaken, CampaignInputError, TestList.DoesNotExist."""
    name = " ".join(name.replace("\0", "").split())
    if not 0 < len(name) <= 80:
        raise CampaignInputError(_("Enter a name of up to 80 characters."))
    emails = list(dict.fromkeys(address.strip().lower() for address in addresses))
    if not 0 < len(emails) <= MOST_ADDRESSES:
        words = _("Choose one to %(most)d addresses.")
        raise CampaignInputError(words % {"most": MOST_ADDRESSES})
    strangers = set(emails) - {address for address, _name in choosable()}
    if strangers:
        words = _(
            "%(addresses)s can't be on a test list. It's for people who have signed in to this account and confirmed "
            "mailboxes, without shared addresses such as info@."
        )
        raise CampaignInputError(words % {"addresses": ", ".join(sorted(strangers))})
    test_lists = TestList.objects.select_for_update()
    row = test_lists.get(id=list_id) if list_id is not None else test_lists.filter(name=name).first()
    if row is not None and (is_new or TestList.objects.filter(name=name).exclude(id=row.id).exists()):
        raise NameTaken(_("Another test list already has this name."))
    if row is None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [f"test lists {tenancy.current_account_id()}"])
        if TestList.objects.count() >= MOST_LISTS:
            raise CampaignInputError(_("An account can have up to %(most)d test lists.") % {"most": MOST_LISTS})
        row = TestList(account_id=tenancy.current_account_id(), created_by=by)
    row.name, row.addresses = name, emails
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as taken:  # someone else saved it under this name a moment ago
        raise NameTaken(_("Another test list already has this name.")) from taken
    return row


def addresses_of(list_ids: Iterable[int]) -> list[str]:
    """Return the addresses on these lists that may get a test now, each once. Lists of other accounts have none."""
    able = {address for address, _name in choosable()}
    rows = TestList.objects.filter(id__in=list(list_ids)).order_by("name").values_list("addresses", flat=True)
    return [address for address in dict.fromkeys(email for row in rows for email in row) if address in able]


def _is_role(address: str) -> bool:
    local, _at, domain = address.rpartition("@")
    return is_refused_role(local, domain)

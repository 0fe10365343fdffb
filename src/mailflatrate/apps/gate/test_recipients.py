"""Who test messages of an account may go to: its own people and its confirmed mailboxes, unless they said no."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import members
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.domains.queries import proved_mailboxes
from mailflatrate.apps.suppression.queries import strongest_of
from mailflatrate.base import tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.base.tenancy import UnlimitedReason


@dataclass(frozen=True, slots=True)
class TestAddress:
    """An address of the account's people or a confirmed mailbox (without a name), and whether it's suppressed."""

    address: str
    name: str
    is_suppressed: bool

    __test__ = False  # not a test of pytest's


def own_addresses() -> list[TestAddress]:
    """Who has signed in (inviting strangers must not mail them), and mailboxes whose owner agreed that they belong
    to the account (R-46).
    """
    people = members().filter(user__is_active=True, user__last_login__isnull=False)
    names = {row.user.email.lower(): str(row.user) for row in people}
    for email in proved_mailboxes():
        names.setdefault(email, "")
    refused = _suppressed(names)
    return [TestAddress(address, name, address in refused) for address, name in names.items()]


def test_addresses() -> list[tuple[str, str]]:
    """Without suppressed ones, whatever the reason: a "no" to campaigns is one to their tests."""
    return [(own_address.address, own_address.name) for own_address in own_addresses() if not own_address.is_suppressed]


def checked_recipients(recipients: Sequence[str]) -> list[str]:
    """Return these addresses, each once. Raises CampaignInputError unless all are among `test_addresses`."""
    own = {own_address.address: own_address.is_suppressed for own_address in own_addresses()}
    addresses = list(dict.fromkeys(address.strip().lower() for address in recipients))
    strangers = [address for address in addresses if address not in own]
    if strangers:
        words = _(
            "Tests can only go to people who have signed in to this account and to confirmed mailboxes. "
            "%(addresses)s is neither."
        )
        raise CampaignInputError(words % {"addresses": ", ".join(strangers)})
    refused = [address for address in addresses if own[address]]
    if refused:
        words = _("%(addresses)s gets no tests because the address is suppressed.")
        raise CampaignInputError(words % {"addresses": ", ".join(refused)})
    return addresses


def _suppressed(addresses: Iterable[str]) -> set[str]:
    keys = {address: key for address in addresses if (key := address_key(address)) is not None}
    with tenancy.unlimited(UnlimitedReason.RULES):  # a limited member sees only the suppressions of their contacts
        refused = strongest_of(list(keys.values()))
    return {address for address, key in keys.items() if key in refused}

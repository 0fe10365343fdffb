"""Earlier mailings as a condition: who got one is counted, shown, planned and left out by the same question."""

import pytest

from campaign_world import World, bare_account, world
from mailflatrate.apps.campaigns.samples import neighbours
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.queries import count_segment
from mailflatrate.base import tenancy


@pytest.fixture(scope="module")
def anna(database: str) -> World:
    """Her account, with four people on the list."""
    assert database
    return world(people=4)


def test_who_got_an_earlier_mailing_is_left_out_of_the_next(anna: World) -> None:
    """Delivered, waiting, put off: got it. Bounced: not, so the next one may reach him."""
    first = anna.sending("The first")
    anna.settle(first, DeliveryState.SENT, 1)
    anna.settle(first, DeliveryState.BOUNCED, 1, bounce="soft")
    without = [{"field": "mailing", "op": "not_got", "value": first.id}]
    having = [{"field": "mailing", "op": "got", "value": first.id}]
    with tenancy.account(anna.account_id):
        assert count_segment([anna.list_id], without) == 1
        assert count_segment([anna.list_id], having) == 3
        bounced = Delivery.objects.get(campaign=first, state=DeliveryState.BOUNCED).contact_id
    second = anna.draft("The second", conditions=without)
    with tenancy.account(anna.account_id):
        shown = neighbours(second)
        assert shown is not None
        assert (shown.contact.id, shown.next_id) == (bounced, None)
    planned = anna.sending_of(second)
    with tenancy.account(anna.account_id):
        assert list(Delivery.objects.filter(campaign=planned).values_list("contact_id", flat=True)) == [bounced]
    assert planned.left_out == {"segment": 3}


def test_another_accounts_mailing_says_nothing(anna: World) -> None:
    """Carla asks about Anna's mailing: nobody of hers got it, and nobody of Anna's is counted."""
    first = anna.sending("Anna's alone")
    carla, _user = bare_account("Nordstern")
    with tenancy.account(carla):
        assert count_segment([anna.list_id], [{"field": "mailing", "op": "got", "value": first.id}]) == 0


def test_a_mailing_must_be_chosen(anna: World) -> None:
    """An empty menu is named, not ignored."""
    with tenancy.account(anna.account_id), pytest.raises(SegmentError):
        count_segment([anna.list_id], [{"field": "mailing", "op": "got", "value": ""}])

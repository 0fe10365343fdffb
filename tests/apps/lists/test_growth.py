"""Who came and who went adds up, by their first proof and by what ended it; and consents have an age."""

from datetime import timedelta

from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.growth import consent_ages, growth
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.lists.queries import mailable_series
from mailflatrate.base import clock, tenancy
from support.customers import customer_with_list
from support.scope import within


def test_what_came_and_went_adds_up() -> None:
    anna = customer_with_list("Anna", approved=False).with_people(6)
    carla = customer_with_list("Carla", approved=False).with_people(1)
    with tenancy.account(anna.account_id):
        old = clock.now() - timedelta(days=200)
        people = list(Contact.objects.order_by("id"))
        before = [person.id for person in people[:4]]
        Subscription.objects.filter(contact_id__in=before).update(created_at=old, confirmed_at=old)
        Subscription.objects.exclude(contact_id__in=before).update(confirmed_at=clock.now())
        consent.unsubscribe(people[0].id, list_id=None, by="link", source="test")
        consent.unsubscribe(people[1].id, list_id=None, by="sunset", source="test")
        found = growth(30)
        assert (found.begin, found.end) == (4, 4)
        assert sum(gain.people for gain in found.gains) == 2
        assert {loss.cause: loss.people for loss in found.losses} == {"link": 1, "sunset": 1}
        series = mailable_series(30)
        assert (series[0][1], series[-1][1]) == (found.begin, found.end), "the chart and the waterfall agree"
        ages = consent_ages()
        assert (sum(ages), ages[0], ages[6]) == (4, 2, 2)
    assert within(carla, growth, 30).end == 1

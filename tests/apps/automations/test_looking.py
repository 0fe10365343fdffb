"""People who enter by a date, a segment, or because they're inactive."""

from datetime import timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.automations.engine.moving import DAY
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import Customer
from support.scope import rows, within

Step = dict[str, Any]


def set_fields(anna: Customer, contact_id: int, **values: Any) -> None:
    with tenancy.account(anna.account_id):
        row = Contact.objects.get(id=contact_id)
        row.attributes |= values
        row.save(update_fields=["attributes"])


def test_a_birthday_in_each_persons_own_zone_once_a_year(anna: Customer, send: Step) -> None:
    with tenancy.account(anna.account_id):
        create_field(FieldDraft(label="Birthday", key="birthday", purpose="To write at the right time", type="date"))
    entry = {"on": "date", "field": "birthday", "offset_days": 0, "yearly": True, "at": "09:00", "zone": "person"}
    journey = Journey.begun(anna, send, entry=entry, reentry={"mode": "always", "days": 0})
    berlin, tokyo, other = journey.contacts()
    day = (clock.now() + timedelta(days=3)).replace(hour=0, minute=0)
    set_fields(anna, berlin, birthday=f"1980-{day:%m-%d}")
    set_fields(anna, tokyo, birthday=f"--{day:%m-%d}", time_zone="Asia/Tokyo")
    set_fields(anna, other, birthday=f"1990-{day + timedelta(days=2):%m-%d}")
    entered = []
    for hour in (-1, 1, 3, 9, 12, 23):
        with clock.frozen_at(day + timedelta(hours=hour)):
            journey.advance()
            journey.advance()
            entered.append(set(journey.at()))
    assert entered == [set(), {tokyo}, {tokyo}, {tokyo, berlin}, {tokyo, berlin}, {tokyo, berlin}]
    assert len(journey.enrolments()) == 2


def test_a_birthday_without_its_year_is_no_day_that_comes_once(anna: Customer, send: Step) -> None:
    """Only a yearly start knows it; whoever waits for the day itself leaves, as without a date."""
    within(anna, create_field, FieldDraft(label="Birthday", key="birthday", purpose="To greet", type="date"))
    entry = {"on": "date", "field": "birthday", "offset_days": 0, "yearly": False, "at": "09:00", "zone": "account"}
    journey = Journey.begun(anna, send, entry=entry)
    person = journey.contacts()[0]
    day = clock.now() + timedelta(days=3)
    set_fields(anna, person, birthday=f"--{day:%m-%d}")
    with clock.frozen_at(day.replace(hour=20)):
        journey.advance()
    assert journey.at() == {}
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT {DAY} FROM contact c WHERE id = %(id)s", {"field": "birthday", "id": person})
        assert cursor.fetchone() == (None,)


def test_days_before_a_date(anna: Customer, send: Step) -> None:
    with tenancy.account(anna.account_id):
        create_field(FieldDraft(label="Renewal", key="renewal", purpose="To write at the right time", type="date"))
    entry = {"on": "date", "field": "renewal", "offset_days": -3, "yearly": False, "at": "09:00", "zone": "account"}
    journey = Journey.begun(anna, send, entry=entry)
    people = journey.contacts()
    for number, days in zip(people, (5, 6, 30), strict=True):
        set_fields(anna, number, renewal=f"{clock.now() + timedelta(days=days):%Y-%m-%d}")
    with clock.frozen_at((clock.now() + timedelta(days=3)).replace(hour=20)):
        journey.advance()
    assert set(journey.at()) == set(people[:2])


def test_entering_and_leaving_a_segment(anna: Customer, send: Step) -> None:
    with tenancy.account(anna.account_id):
        tree = [{"field": "attribute", "key": "city", "op": "equals", "value": "Bonn"}]
        segment = save_segment("In Bonn", tree)
    first, second, _third = Journey.drafted(anna, send).contacts()
    set_fields(anna, first, city="Bonn")
    entered = Journey.begun(anna, dict(send), entry={"on": "segment_entered", "segment": segment.id})
    left = Journey.begun(anna, dict(send), entry={"on": "segment_left", "segment": segment.id})
    entered.advance()
    assert entered.at() == left.at() == {}
    set_fields(anna, first, city="Kiel")
    set_fields(anna, second, city="Bonn")
    with clock.frozen_at(clock.now() + timedelta(hours=1)):
        entered.advance()
    assert (set(entered.at()), set(left.at())) == ({second}, {first})


def test_the_inactive_enter_on_the_day_they_become_so(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send, entry={"on": "inactive", "days": 90})
    people = journey.contacts()  # they confirmed 30 days ago
    rows(anna, Contact).filter(id=people[0]).update(last_activity_at=clock.now())
    with clock.frozen_at(clock.now() + timedelta(days=59)):
        journey.advance()
        assert journey.at() == {}
    with clock.frozen_at(clock.now() + timedelta(days=61)):
        journey.advance()
        journey.advance()
    assert set(journey.at()) == set(people[1:])

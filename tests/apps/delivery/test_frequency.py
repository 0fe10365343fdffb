"""Until when people are left in peace."""

from datetime import timedelta

from mailflatrate.apps.delivery.planning.frequency import FrequencyLimit, rests_until
from mailflatrate.base import clock, tenancy
from support.automations import Journey
from support.customers import sending_customer


def test_so_many_messages_in_so_many_days() -> None:
    anna = sending_customer(1)
    anna.sending()
    (contact_id,) = Journey.drafted(anna).contacts()
    with tenancy.account(anna.account_id):
        found = rests_until(
            [
                FrequencyLimit(1, contact_id, messages=1, days=7),
                FrequencyLimit(2, contact_id, messages=2, days=7),
                FrequencyLimit(3, contact_id, messages=1, days=7, only_steps=True),
                FrequencyLimit(4, contact_id, messages=1, days=7, list_id=anna.list_id),
            ]
        )
        assert set(found) == {1, 4}
        assert timedelta(days=6, hours=23) < found[1] - clock.now() <= timedelta(days=7)
        with clock.frozen_at(clock.now() + timedelta(days=8)):
            assert rests_until([FrequencyLimit(1, contact_id, messages=1, days=7)]) == {}

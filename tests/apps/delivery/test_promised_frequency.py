"""What a list's people were promised is kept by follow-ups, too."""

from typing import Any

import psycopg

from mailflatrate.apps.campaigns.recipients import count_people
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.planning.promised_frequency import promises_of
from mailflatrate.apps.segments.audience import Audience
from mailflatrate.apps.segments.follow_up import FollowUp
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.automations.promises import Promise
from support.customers import sending_customer

# One of the two people agreed to it.
AGREED = """
UPDATE consent_evidence SET details = jsonb_build_object('wording', %s::text)
WHERE event_id = (SELECT min(event_id) FROM consent_evidence WHERE account_id = %s)
"""


def _by_owner(database: str, statement: str, values: list[Any]) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement, values)


def test_the_strictest_promise_of_a_list_holds_for_all_its_people(database: str) -> None:
    for wording, promised, people in (
        ("about once a month", Promise(1, 30), 0),
        ("up to twice a week", Promise(2, 7), 2),
        ("now and then", None, 2),
    ):
        anna = sending_customer(people=2)
        _by_owner(database, AGREED, [f"Yes, send me tips {wording}.", anna.account_id])
        campaign = anna.sending("First")
        anna.settle(campaign, DeliveryState.SENT, 2)
        with tenancy.account(anna.account_id):
            assert promises_of([anna.list_id]) == ({anna.list_id: promised} if promised else {})
            audience = Audience([anna.list_id], follow_up=FollowUp(campaign.id, clock.now(), event="order.placed"))
            counted = count_people(audience, clock.now())
            assert (counted.recipients, counted.excluded) == (people, 2 - people)

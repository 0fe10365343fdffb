"""What comes of the demonstration's campaign: orders, coupon codes, a refund, answers. A reader takes more than half a
minute and a click counts half an hour later, so both happen on a clock that is ahead.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.actions.coupons import create_pool
from mailflatrate.apps.campaigns.models import CouponCode
from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.lists.actions.events import EventOutcome, ReportedEvent, declare_event, record_events
from mailflatrate.apps.lists.actions.tracking import choose_tracking, tracking_wording
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.tracking.actions import record_personal_click
from mailflatrate.apps.tracking.click_hours import FOLD_AFTER
from mailflatrate.apps.tracking.conversion_goal import GoalOrder, set_goal
from mailflatrate.apps.tracking.conversions import count_account
from mailflatrate.apps.tracking.models import ConversionDay
from mailflatrate.apps.tracking.poll_answers import GivenAnswer, PollState, asked_poll, record_answer
from mailflatrate.apps.tracking.scanners import ClientInfo
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.cli.demo.readers import BROWSER
from mailflatrate.rules.contacts.contact_events import PropertyType
from mailflatrate.rules.contacts.money import GoalProperties
from mailflatrate.rules.feedback.clicks import TOO_SOON

EVENT = "order.placed"
GOAL = GoalOrder(EVENT, GoalProperties("total", "currency", "EUR", "coupon"))
COUPON, CODES = "Winterzwiebeln", 2_500
AGREEING, REDEEMING, ANSWERING = 24, 3, 60
"""How many people agree to be recorded (each of them clicks), redeem a coupon code, and answer the question."""
TOTALS = (34.9, 18.5, 62.0, 27.8, 112.4, 9.9, 45.0, 23.6, 71.2)
"""What the first of those who click spend, in EUR."""
REDEEMED = (39.9, 24.5, 88.0)
REFUND = -18.5
ANSWERS = (0, 0, 1, 0, 2, 1, 0, 0, 2, 0)
"""Which answer each of ten people gives."""
COMMENTS = {
    0: "Vor allem Stauden für den Schatten.",
    2: "Unser Garten ist klein, ein Hochbeet passt immer.",
    11: "Bitte auch etwas über Kompost.",
}

Wait = Callable[[Callable[[], Any], str], Any]


def prepare_shop(account_id: int, anna: User) -> None:
    codes = "\n".join(f"WINTER-{number * 7919 % 9973:04d}" for number in range(1, CODES + 1))
    with tenancy.account(account_id):
        text, number = PropertyType.TEXT, PropertyType.NUMBER
        declare_event(EVENT, {"total": number, "currency": text, "coupon": text})
        set_goal(GOAL, by=anna)
        create_pool(COUPON, codes.encode(), by=anna)
        wording = tracking_wording("Gärtnerei Lindenhof", "de")
        for contact_id in _ordinary_people()[:AGREEING]:
            choose_tracking(
                contact_id, agrees=True, wording=wording, language="de", source="demonstration",
                ip="127.0.0.1", user_agent=BROWSER,
            )  # fmt: skip


def _ordinary_people() -> list[int]:
    return list(Contact.objects.exclude(email__startswith="x-").order_by("id").values_list("id", flat=True)[:500])


def play_orders(account_id: int, campaign_id: int, *, wait: Wait) -> None:
    with tenancy.account(account_id):
        received = DeliveryRecord.objects.filter(campaign_id=campaign_id, state=DeliveryState.SENT)
        messages = list(received.filter(contact_id__in=_ordinary_people()).order_by("contact_id"))
        _click_and_order(messages, clock.now() + TOO_SOON)
        for place, message in enumerate(messages[:ANSWERING]):
            _answer(message, place)
    wait(partial(_counted, account_id, campaign_id), "the orders to be counted")


def _click_and_order(messages: Sequence[DeliveryRecord], began: datetime) -> None:
    events = []
    for place, message in enumerate(messages[:AGREEING]):
        reader = ClientInfo(head=False, user_agent=BROWSER, ip=f"127.9.0.{place + 1}")
        with clock.frozen_at(began + timedelta(seconds=place)):
            record_personal_click(delivery_id=message.id, number=1 + place % 3 % 2, visitor=reader)
        if place < len(TOTALS):
            events.append(_order(message, began + timedelta(seconds=10 + place), TOTALS[place]))
    for place, message in enumerate(messages[AGREEING : AGREEING + REDEEMING]):
        code = CouponCode.objects.get(contact_id=message.contact_id or 0, pool__name=COUPON).code
        events.append(_order(message, began + timedelta(seconds=20 + place), REDEEMED[place], coupon=code))
    returned = messages[TOTALS.index(-REFUND)]
    events.append(_order(returned, began + timedelta(seconds=40), REFUND))
    with clock.frozen_at(began + timedelta(seconds=40)):
        if {result.outcome for result in record_events(events)} != {EventOutcome.RECORDED}:
            raise RuntimeError("the shop's orders were refused")


def _order(message: DeliveryRecord, at: datetime, total: float, **properties: str) -> ReportedEvent:
    values = {"total": total, "currency": "EUR", **properties}
    return ReportedEvent(EVENT, message.contact_id, at=at, properties=values)


def _answer(message: DeliveryRecord, place: int) -> None:
    asked = asked_poll(message, 0)
    if asked is None:
        raise RuntimeError("the campaign asks no question")
    given = GivenAnswer(ANSWERS[place % len(ANSWERS)], COMMENTS.get(place, ""), with_name=place % 2 == 0)
    if record_answer(message, asked, given) is not PollState.COUNTED:
        raise RuntimeError("an answer was refused")


def _counted(account_id: int, campaign_id: int) -> bool:
    """Count as the job does half an hour later; True once all orders are counted and no older transaction is open."""
    with clock.frozen_at(clock.now() + FOLD_AFTER + TOO_SOON):
        count_account(account_id)
    with tenancy.account(account_id):
        days = ConversionDay.objects.filter(campaign_id=campaign_id)
        return sum(day.conversions for day in days) == len(TOTALS) + len(REDEEMED)

"""The account's conversion goal: which event counts, and for how many days after a click."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import ContactEventType, ConversionGoal
from mailflatrate.apps.tracking.models import ConversionFold
from mailflatrate.base import audit, jobs, tenancy
from mailflatrate.base.jobs import JobQueue
from mailflatrate.rules.contacts.contact_events import PropertyType
from mailflatrate.rules.contacts.money import CURRENCIES, MOST_WINDOW_DAYS, WINDOW_DAYS, GoalProperties

COUNT_JOB = "tracking.count_account_conversions"


@dataclass(frozen=True, slots=True)
class GoalOrder:
    event: str
    names: GoalProperties
    window_days: int = WINDOW_DAYS


@tenancy.needs_account
def goal_of_account() -> ConversionGoal | None:
    return ConversionGoal.objects.select_related("event_type").first()


@tenancy.needs_account
@transaction.atomic
def set_goal(order: GoalOrder | None, *, by: User) -> ConversionGoal | None:
    """Set the account's goal, or end counting (None); a job counts anew what is kept. Raises ListError."""
    account_id = tenancy.current_account_id()
    if order is None:
        ConversionGoal.objects.all().delete()
        goal = None
    else:
        goal, _made = ConversionGoal.objects.update_or_create(account_id=account_id, defaults=_checked(order))
    ConversionFold.objects.update(is_stale=True)
    jobs.defer(COUNT_JOB, JobQueue.HOUSE, once=f"conversions:{account_id}", account_id=account_id)
    audit.record(
        "conversion_goal.changed",
        by=audit.person(by),
        account_id=account_id,
        subject=f"account:{account_id}",
        details={"event": order.event if order else ""},
    )
    return goal


def _checked(order: GoalOrder) -> dict[str, object]:
    kind = ContactEventType.objects.filter(name=order.event).first()
    if kind is None:
        raise ListError(_("there is no event “%(name)s”") % {"name": order.event})
    names = order.names
    types_by_name = {
        names.amount: (PropertyType.NUMBER, PropertyType.TEXT),
        names.currency_name: (PropertyType.TEXT,),
        names.coupon: (PropertyType.TEXT,),
    }
    for name, types in types_by_name.items():
        if name and kind.declared.get(name) not in types:
            message = _("“%(event)s” has no property “%(name)s” of this type")
            raise ListError(message % {"event": kind.name, "name": name})
    if names.amount and names.currency not in CURRENCIES:
        raise ListError(_("enter a currency as three letters, such as EUR"))
    if not 1 <= order.window_days <= MOST_WINDOW_DAYS:
        raise ListError(_("enter a number of days from 1 to %(limit)d") % {"limit": MOST_WINDOW_DAYS})
    return {
        "event_type": kind,
        "amount_property": names.amount,
        "currency_property": names.currency_name if names.amount else "",
        "currency": names.currency if names.amount else "",
        "coupon_property": names.coupon,
        "window_days": order.window_days,
    }

"""The form for what the account counts as a conversion."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists.events import event_types
from mailflatrate.apps.tracking.conversion_goal import GoalOrder, goal_of_account
from mailflatrate.rules.contacts.contact_events import LONGEST_NAME
from mailflatrate.rules.contacts.money import LEAST_WINDOW_DAYS, MOST_WINDOW_DAYS, WINDOW_DAYS, GoalProperties


class GoalForm(forms.Form):
    event = forms.ChoiceField(label=gettext_lazy("Event"), required=False)
    window_days = forms.IntegerField(
        label=gettext_lazy("Days after a click"),
        min_value=LEAST_WINDOW_DAYS,
        max_value=MOST_WINDOW_DAYS,
        initial=WINDOW_DAYS,
        help_text=gettext_lazy("An event counts for the campaign that the person clicked last within these days."),
    )
    amount = forms.CharField(
        label=gettext_lazy("Property with the amount"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=gettext_lazy("For example total. Empty: conversions are counted without revenue."),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        required=False,
        max_length=3,
        help_text=gettext_lazy("For example EUR: the currency of events that name none."),
    )
    currency_name = forms.CharField(
        label=gettext_lazy("Property with the currency"), required=False, max_length=LONGEST_NAME
    )
    coupon = forms.CharField(
        label=gettext_lazy("Property with the coupon code"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=gettext_lazy("A code of your coupons counts for the campaign that gave it, without any click."),
    )

    def __init__(self, data: Any = None) -> None:
        goal = goal_of_account()
        stored = {}
        if goal:
            stored = {
                "event": goal.event_type.name,
                "window_days": goal.window_days,
                "amount": goal.amount_property,
                "currency": goal.currency,
                "currency_name": goal.currency_property,
                "coupon": goal.coupon_property,
            }
        super().__init__(data, initial=stored, prefix="goal")
        choices: Any = self.fields["event"]
        names = [(row.name, row.name) for row in event_types()]
        choices.choices = [("", gettext_lazy("Don't count conversions")), *names]

    def order(self) -> GoalOrder | None:
        """Return what to count; None: nothing."""
        found = self.cleaned_data
        if not found["event"]:
            return None
        names = GoalProperties(
            found["amount"].strip(),
            found["currency_name"].strip(),
            found["currency"].strip().upper(),
            found["coupon"].strip(),
        )
        return GoalOrder(found["event"], names, found["window_days"])

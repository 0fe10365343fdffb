"""Events that the customer's own systems report: what is declared, and how long they are kept."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.lists.actions import events as actions
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.events import event_types, keep_days
from mailflatrate.apps.lists.models import ContactEventType
from mailflatrate.apps.tracking.conversion_goal import GoalOrder, goal_of_account, set_goal
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.contacts.contact_events import LEAST_KEEP_DAYS, LONGEST_NAME, MOST_KEEP_DAYS
from mailflatrate.rules.contacts.money import LEAST_WINDOW_DAYS, MOST_WINDOW_DAYS, WINDOW_DAYS, GoalProperties
from mailflatrate.rules.fields.values import FIELD_TYPES
from mailflatrate.rules.roles import Permission


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
        fields = self.cleaned_data
        if not fields["event"]:
            return None
        names = GoalProperties(
            fields["amount"].strip(),
            fields["currency_name"].strip(),
            fields["currency"].strip().upper(),
            fields["coupon"].strip(),
        )
        return GoalOrder(fields["event"], names, fields["window_days"])


class PeriodForm(forms.Form):
    keep_days = forms.IntegerField(
        label=gettext_lazy("Keep events for"),
        min_value=LEAST_KEEP_DAYS,
        max_value=MOST_KEEP_DAYS,
        help_text=gettext_lazy("In days, up to 1,095. Older events are deleted within the hour."),
    )


def show_events(
    request: StudioRequest, *, period_form: PeriodForm | None = None, goal_form: GoalForm | None = None
) -> HttpResponse:
    rows = [
        (row, [(name, _(FIELD_TYPES[kind.value].label)) for name, kind in row.properties.items()])
        for row in event_types()
    ]
    context = {
        "rows": rows,
        "form": period_form or PeriodForm(initial={"keep_days": keep_days()}),
        "goal": goal_of_account(),
        "goal_form": goal_form or GoalForm(),
    }
    status = 422 if period_form or goal_form else 200
    return page(request, "studio/audience/event_types.html", context, status=status)


@studio(
    "GET event-types/",
    "event-types",
    Permission.CONTACTS,
    tab=Tab(
        CONTACTS,
        gettext_lazy("Events"),
        gettext_lazy("orders, shop, tracking by API, properties, conversions, revenue, purchases"),
        place=60,
    ),
)
def index(request: StudioRequest) -> HttpResponse:
    return show_events(request)


@studio("POST event-types/period/", "event-period", Permission.CONTACTS, logs="event_period.changed")
def period(request: StudioRequest) -> HttpResponse:
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return show_events(request, period_form=form)
    actions.set_keep_days(form.cleaned_data["keep_days"])
    return succeed(request, _("Saved."), reverse("studio:event-types"))


@studio(
    "POST event-types/<int:event_type_id>/delete/", "event-type-delete", Permission.CONTACTS, logs="event_type.deleted"
)
def delete(request: StudioRequest, event_type_id: int) -> HttpResponse:
    row = get_object_or_404(ContactEventType.objects, id=event_type_id)
    count = actions.delete_event_type(event_type_id)
    message = ngettext(
        "“%(name)s” has been deleted, with %(count)d record.",
        "“%(name)s” has been deleted, with %(count)d records.",
        count,
    )
    return succeed(request, message % {"name": row.name, "count": count}, reverse("studio:event-types"))


@studio("POST event-types/conversions/", "conversion-goal", Permission.MANAGE, logs="conversion_goal.changed")
def save(request: StudioRequest) -> HttpResponse:
    """Set what counts, or count nothing any longer; a job counts anew from the events that are kept."""
    form = GoalForm(request.POST)
    if not form.is_valid():
        return show_events(request, goal_form=form)
    try:
        goal = set_goal(form.order(), by=request.user)
    except ListError as error:
        form.add_error(None, error_sentence(error))
        return show_events(request, goal_form=form)
    message = (
        _("Saved. Your reports count conversions within half an hour.") if goal else _("Conversions aren't counted.")
    )
    return succeed(request, message, reverse("studio:event-types"))

"""What the account counts as a conversion of its campaigns."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.tracking.conversion_goal import set_goal
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.event_types import show_events
from mailflatrate.entrypoints.studio.audience.goal_form import GoalForm
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission


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
    said = _("Saved. Your reports count conversions within half an hour.") if goal else _("Conversions aren't counted.")
    return succeed(request, said, reverse("studio:event-types"))

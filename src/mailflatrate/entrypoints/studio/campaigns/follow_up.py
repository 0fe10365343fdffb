"""Following up a sent campaign: a draft to the people who have not done what it asked for."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.campaigns.actions.follow_up import (
    FollowUpGoal,
    create_follow_up,
    follow_up_to,
    why_no_follow_up,
)
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.delivery.planning.promised_frequency import promises_of
from mailflatrate.apps.lists.events import event_types
from mailflatrate.apps.tracking.segments import links_of
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.page_rights import may_open
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission

ANY_LINK, LINK, EVENT = "any", "link", "event"


class FollowUpForm(forms.Form):
    goal = forms.ChoiceField(label=gettext_lazy("Remind people who haven't"), widget=forms.RadioSelect)
    link = forms.ChoiceField(label=gettext_lazy("Link"), required=False)
    event = forms.ChoiceField(label=gettext_lazy("Event"), required=False)

    def __init__(self, data: Any, *, links: list[str], events: list[str]) -> None:
        goals = [(ANY_LINK, _("clicked any link"))] if links else []
        goals += [(LINK, _("clicked a certain link"))] if links else []
        goals += [(EVENT, _("done something that another system reports"))] if events else []
        super().__init__(data, initial={"goal": goals[0][0] if goals else ""})
        named = {"link": [(link, link) for link in links], "event": [(event, event) for event in events]}
        for name, choices in {"goal": goals, **named}.items():
            field: Any = self.fields[name]
            field.choices = choices

    def chosen(self) -> FollowUpGoal:
        kind = self.cleaned_data["goal"]
        if kind == EVENT:
            return FollowUpGoal(event=self.cleaned_data["event"])
        return FollowUpGoal(link=self.cleaned_data["link"] if kind == LINK else "")


def _form(request: StudioRequest, campaign: Campaign) -> FollowUpForm:
    """Return the form with the links and events that can be goals. Events belong to the whole account (ADR 0048)."""
    links = [link for link in links_of(campaign.id) if "{{" not in link] if campaign.track_clicks else []
    sees_events = may_open(request.membership, "event-types", writes=False)
    events = [row.name for row in event_types()] if sees_events else []
    return FollowUpForm(request.POST if request.method == "POST" else None, links=links, events=events)


@studio(
    "GET|POST campaigns/<int:campaign_id>/follow-up/",
    "campaign-follow-up",
    Permission.DRAFT,
    limited=True,
    logs="campaign.created",
)
def follow_up(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    form, status = _form(request, campaign), 200
    problem = why_no_follow_up(campaign)
    if request.method == "POST":
        if not problem and form.is_valid():
            try:
                test = AbTest.objects.filter(campaign_id=campaign.id).first()
                winner = test.winner if test is not None and test.winner is not None else 0
                draft = create_follow_up(campaign.id, form.chosen(), by=request.user, variant=winner)
            except CampaignError as error:
                form.add_error(None, str(error))
            else:
                message = _("This is the follow-up. Say in its first sentence why it comes again.")
                return succeed(request, message, reverse("studio:campaign-edit", args=[draft.id]))
        status = 409 if problem else 422
    context = {
        "campaign": campaign,
        "form": form,
        "problem": problem,
        "existing": follow_up_to(campaign.id),
        "has_goals": bool(form.fields["goal"].choices),  # type: ignore[attr-defined]
        "promises": bool(promises_of(campaign.list_ids)),
    }
    return page(request, "studio/campaigns/follow_up.html", context, status=status)

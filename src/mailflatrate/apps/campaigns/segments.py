"""Campaigns that use a segment."""

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.segments.conditions.uses import register_place
from mailflatrate.rules.campaigns.campaign_states import NOT_BEGUN

MOST_NAMED = 10


def campaigns_with(segment_id: int) -> list[str]:
    waiting = Campaign.objects.filter(state__in=NOT_BEGUN, excluded_segments__contains=[{"id": segment_id}])
    names = waiting.order_by("-id").values_list("name", flat=True)[: MOST_NAMED + 1]
    places = [_("the campaign “%(name)s”") % {"name": name} for name in names[:MOST_NAMED]]
    return [*places, _("other campaigns")] if len(names) > MOST_NAMED else places


register_place(campaigns_with)

"""People from whom nothing came for a year: how many, what becomes of them, and asking them once more (R-13, R-91)."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mailflatrate.apps.campaigns.actions import start_from_gallery
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.lists.queries import count_segment, mailable_count
from mailflatrate.apps.lists.segments import Field, Op, parse_conditions
from mailflatrate.entrypoints.web.studio.access import StudioRequest, see_other, studio
from mailflatrate.entrypoints.web.studio.common import page
from mailflatrate.rules.limits import value as limit

TEMPLATE = "repermission"


def conditions() -> list[dict[str, Any]]:
    """Neither a sign nor a confirmation within the limit; opens never count."""
    days = int(limit("consent_review_days"))
    return [
        condition.as_json()
        for condition in parse_conditions([
            {"field": Field.ACTIVITY.value, "op": Op.NOT_WITHIN_DAYS.value, "value": days},
            {"field": Field.CONSENT.value, "op": Op.NOT_WITHIN_DAYS.value, "value": days},
        ])
    ]  # fmt: skip


def _months(name: str) -> int:
    return round(limit(name) * 12 / 365)


def quiet_count() -> int:
    """People of the account's open lists from whom nothing came for so long."""
    return count_segment(_lists(), conditions())


def _lists() -> list[int]:
    return list(MailingList.objects.filter(archived_at=None).order_by("id").values_list("id", flat=True))


@require_safe
@studio
def quiet(request: StudioRequest) -> HttpResponse:
    """How many, and the one next step."""
    context = {
        "quiet": quiet_count(), "mailable": mailable_count(), "review_months": _months("consent_review_days"),
        "most_months": _months("consent_max_days"),
    }  # fmt: skip
    return page(request, "studio/audience/quiet.html", context)


@require_POST
@studio
def ask_again(request: StudioRequest) -> HttpResponse:
    """A draft that asks them whether they want to stay; it is checked and sent like any other mailing."""
    if not quiet_count():
        return see_other(reverse("studio:quiet"))
    draft = start_from_gallery(
        TEMPLATE, get_language() or "en", name=_("Do you want to stay?"), by=request.user,
        values={"list_ids": _lists(), "conditions": conditions()},
    )  # fmt: skip
    return see_other(reverse("studio:campaign-edit", args=[draft.id]))

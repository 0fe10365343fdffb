"""Stands of a form: set one up for a tablet, read its PIN once, close it."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.forms.actions.stands import MAX_DAYS, MAX_PLACE_CHARACTERS, close_stand, create_stand
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.stands import stands_of
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.signup.embeds import stand_url
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.signup.builder import wanted
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.rules.limits import value
from mailflatrate.rules.roles import Permission


class StandForm(forms.Form):
    place = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=MAX_PLACE_CHARACTERS,
        help_text=gettext_lazy("For example “Garden fair Kiel, hall 2”. The proof of each sign-up names it."),
    )
    last_day = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}))

    def ends_at(self) -> datetime:
        day = self.cleaned_data["last_day"] + timedelta(days=1)
        return min(timezone.make_aware(datetime.combine(day, time.min)), clock.now() + timedelta(days=MAX_DAYS))


@studio("GET|POST forms/<int:form_id>/stands/", "form-stands", Permission.CONTACTS, limited=True, logs="stand.created")
def stands(request: StudioRequest, form_id: int) -> HttpResponse:
    """List the form's stands; set one up on POST, whose PIN is shown on this page only."""
    form, made = wanted(form_id), None
    asked = StandForm(request.POST or None, initial={"last_day": timezone.localdate()})
    if request.method == "POST" and asked.is_valid():
        try:
            made = create_stand(form_id, asked.cleaned_data["place"], asked.ends_at(), by=request.user)
        except FormError as error:
            asked.add_error(None, f"{capfirst(str(error))}.")
    now = clock.now()
    context: dict[str, Any] = {
        "signup": form,
        "hourly": int(value("sign_ups_per_stand_hour")),
        "form": StandForm(initial={"last_day": timezone.localdate()}) if made else asked,
        "made": made[0] if made else None,
        "pin": f"{made[1][:3]} {made[1][3:]}" if made else "",
        "rows": [(row, stand_url(row.code), row.closed_at is None and row.ends_at > now) for row in stands_of(form_id)],
    }
    answer = page(request, "studio/signup/stands.html", context, status=422 if asked.errors else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@studio(
    "POST forms/<int:form_id>/stands/<int:stand_id>/close/",
    "form-stand-close",
    Permission.CONTACTS,
    limited=True,
    logs="stand.closed",
)
def close(request: StudioRequest, form_id: int, stand_id: int) -> HttpResponse:
    wanted(form_id)
    here = reverse("studio:form-stands", args=[form_id])
    try:
        close_stand(form_id, stand_id)
    except FormError as error:
        return refuse(request, f"{capfirst(str(error))}.", here)
    return succeed(request, _("Closed. The tablet can't send anything more."), here)

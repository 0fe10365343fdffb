"""Where and when a form appears on the customer's website: in the page, as a pop-up, a slide-in or a bar."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.entrypoints.presenters.signup.embeds import overlay_snippet
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.signup.builder import wanted
from mailflatrate.entrypoints.studio.signup.compared import compared_context
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.forms import frozen_from_json
from mailflatrate.rules.forms.placement import (
    ASKED,
    FRAME,
    HOSTED,
    LANDING,
    MAX_PATTERNS,
    MAX_SECONDS,
    STAND,
    Placement,
    PlacementDevices,
    PlacementKind,
    PlacementTrigger,
    page_patterns,
    placement_from_json,
)
from mailflatrate.rules.roles import Permission

PLACEMENT_LABELS = {
    PlacementKind.INLINE: gettext_lazy("In the page"),
    PlacementKind.POPUP: gettext_lazy("Pop-up"),
    PlacementKind.SLIDE_IN: gettext_lazy("Slide-in"),
    PlacementKind.BAR: gettext_lazy("Bar"),
    HOSTED: gettext_lazy("Hosted page"),
    FRAME: gettext_lazy("Iframe"),
    ASKED: gettext_lazy("Added by your team or a program"),
    LANDING: gettext_lazy("Landing page"),
    STAND: gettext_lazy("Stand"),
    "": gettext_lazy("Plain HTML"),
}
_KINDS = [(kind.value, PLACEMENT_LABELS[kind]) for kind in PlacementKind]
_TRIGGERS = (
    (PlacementTrigger.DELAY.value, gettext_lazy("After some time on the page")),
    (PlacementTrigger.SCROLL.value, gettext_lazy("After scrolling down")),
    (PlacementTrigger.EXIT.value, gettext_lazy("When the visitor is about to leave")),
)
_DEVICES = (
    (PlacementDevices.ALL.value, gettext_lazy("All screens")),
    (PlacementDevices.WIDE.value, gettext_lazy("Computers and tablets")),
    (PlacementDevices.NARROW.value, gettext_lazy("Phones")),
)


class PlacementForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Show the form"), choices=_KINDS)
    trigger = forms.ChoiceField(label=gettext_lazy("When"), choices=_TRIGGERS)
    seconds = forms.IntegerField(label=gettext_lazy("Seconds"), min_value=0, max_value=MAX_SECONDS)
    percent = forms.IntegerField(label=gettext_lazy("Percent of the page"), min_value=1, max_value=100)
    devices = forms.ChoiceField(label=gettext_lazy("On"), choices=_DEVICES)
    pages = forms.CharField(
        label=gettext_lazy("Pages"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "/shop/*"}),
        help_text=gettext_lazy(
            "One path per line, with * for any text. Leave it empty to show the form on every page with the script."
        ),
    )

    def clean_pages(self) -> tuple[str, ...]:
        try:
            patterns = page_patterns(self.cleaned_data["pages"].splitlines())
        except ValueError as error:
            message = _("“%(line)s” isn't a path. Start with a slash, for example /shop/*.") % {"line": error}
            raise forms.ValidationError(message) from error
        if len(patterns) > MAX_PATTERNS:
            raise forms.ValidationError(_("Enter up to %(limit)d paths.") % {"limit": MAX_PATTERNS})
        return patterns

    def placement(self) -> Placement:
        given = self.cleaned_data
        return Placement(
            PlacementKind(given["kind"]),
            PlacementTrigger(given["trigger"]),
            given["seconds"],
            given["percent"],
            PlacementDevices(given["devices"]),
            given["pages"],
        )


def _initial(placement: Placement) -> dict[str, Any]:
    return {**placement.as_json(), "pages": "\n".join(placement.pages)}


@studio(
    "GET|POST forms/<int:form_id>/placement/", "form-placement", Permission.CONTACTS, limited=True, logs="form.saved"
)
def placement(request: StudioRequest, form_id: int) -> HttpResponse:
    form = wanted(form_id)
    stored = placement_from_json(form.placement)
    asked = PlacementForm(request.POST or None, initial=_initial(stored))
    if request.method == "POST" and asked.is_valid():
        form_edits.place_form(form_id, asked.placement())
        message = _("Saved. Pages that already have the script follow within five minutes.")
        return succeed(request, message, reverse("studio:form-placement", args=[form_id]))
    language = frozen_from_json(form.current.content).language(request.LANGUAGE_CODE or "") if form.current else ""
    context = {
        "signup": form,
        "form": asked,
        "is_overlay": stored.kind is not PlacementKind.INLINE,
        **compared_context(form, language),
        "snippet": overlay_snippet(form.code, language) if form.current else "",
    }
    return page(request, "studio/signup/placement.html", context, status=422 if asked.errors else 200)

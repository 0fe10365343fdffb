"""The imprint: who is behind the campaigns. Every save is a new version."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.actions import agreements
from mailflatrate.apps.accounts.models import Application, Imprint
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.trust.imprint_form import ImprintForm, draft_of, from_application
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.locale.texts import languages
from mailflatrate.rules.imprint import ImprintRecord as StructuredImprint
from mailflatrate.rules.imprint import imprint_lines
from mailflatrate.rules.roles import Permission

HISTORY_ROWS = 50


def _readings(imprint: StructuredImprint) -> list[dict[str, Any]]:
    return [{"code": language, "lines": imprint_lines(imprint, language)} for language in languages()]


def _stored(row: Imprint | None) -> dict[str, Any]:
    return {**row.fields, "country": row.country} if row else {}


def _form(request: StudioRequest) -> ImprintForm:
    newest = newest_imprint()
    if newest is not None:
        return ImprintForm(country=newest.country, stored=_stored(newest))
    application = Application.objects.first()
    return ImprintForm(country=request.account.country, stored=from_application(application) if application else None)


@studio(
    "GET|POST imprint/",
    "imprint",
    Permission.SETUP,
    logs="imprint.saved",
    tab=Tab(SETTINGS, gettext_lazy("Imprint"), gettext_lazy("company, postal address, legal notice"), place=60),
)
def imprint(request: StudioRequest) -> HttpResponse:
    form = ImprintForm(request.POST) if request.method == "POST" else _form(request)
    if request.method == "POST" and form.is_valid():
        saved = agreements.save_imprint(
            request.account.id, country=form.cleaned_data["country"], fields=form.stored(), by=request.user
        )
        text = _("Version %(number)d saved. New campaigns will show it.")
        return succeed(request, text % {"number": saved.version}, reverse("studio:imprint"))
    history = list(Imprint.objects.select_related("created_by").order_by("-version")[:HISTORY_ROWS])
    draft = draft_of(request.POST if form.is_bound else form.initial)
    context = {"form": form, "history": history, "readings": _readings(draft)}
    return page(request, "studio/trust/imprint.html", context)


@studio("POST imprint/fields/", "imprint-fields", Permission.SETUP, logs=NOTHING)
def fields(request: StudioRequest) -> HttpResponse:
    written = {name: request.POST[name] for name in request.POST}
    form = ImprintForm(country=written.get("country", ""), stored=written)
    return page(request, "studio/trust/imprint_fields.html", {"form": form})


@studio("POST imprint/preview/", "imprint-preview", Permission.SETUP, logs=NOTHING)
def preview(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/trust/imprint_preview.html", {"readings": _readings(draft_of(request.POST))})


@studio("GET imprint/versions/<int:imprint_id>/", "imprint-version", Permission.VIEW)
def version(request: StudioRequest, imprint_id: int) -> HttpResponse:
    row = get_object_or_404(Imprint.objects.select_related("created_by"), id=imprint_id)
    return page(
        request, "studio/trust/imprint_version.html", {"row": row, "readings": _readings(draft_of(_stored(row)))}
    )

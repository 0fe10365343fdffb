"""Fetching from the previous system with its API key: the form, the choice of lists, and another attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from mailflatrate.apps.intake.actions import fetches
from mailflatrate.apps.intake.fetching.systems import SYSTEMS
from mailflatrate.apps.intake.models import Move, MoveFetch, MoveState
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.entrypoints.presenters.lookups import find_move
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.forms import MoveFetchForm
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.posts import perform, see_other
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.systems.profile import profiles


def _url(move: Move) -> str:
    return reverse("studio:import-move", args=[move.id])


@sensitive_post_parameters("key")
@studio("GET|POST imports/fetch/", "import-fetch", Permission.CONTACTS, logs="move.fetch_started")
def new(request: StudioRequest) -> HttpResponse:
    form = MoveFetchForm(request.POST or None, initial={"mailing_list": whole_number(request.GET.get("list"))})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        order = fetches.FetchOrder(values["system"], values["key"], values["base_url"], values["with_templates"])
        try:
            move = fetches.fetch_move(values["mailing_list"], order, by=request.user)
        except ImportProblem as problem:
            form.add_error(None, error_sentence(problem))
        else:
            return see_other(_url(move))
    context = {
        "form": form,
        "has_lists": bool(form.fields["mailing_list"].choices),  # type: ignore[attr-defined]  # a choice field
        "keys": [(profiles()[name].title, str(system.where)) for name, system in SYSTEMS.items()],
    }
    return page(request, "studio/audience/move_fetch_new.html", context)


@studio(
    "POST imports/moves/<int:move_id>/choose/", "import-move-choose", Permission.CONTACTS, logs="move.fetch_started"
)
def choose(request: StudioRequest, move_id: int) -> HttpResponse:
    move = find_move(move_id)
    return perform(
        request,
        lambda: fetches.choose_audiences(move.id, request.POST.getlist("audience")),
        _("We're fetching these lists."),
        _url(move),
        refused=ImportProblem,
    )


@studio("POST imports/moves/<int:move_id>/again/", "import-move-again", Permission.CONTACTS, logs="move.fetch_started")
def again(request: StudioRequest, move_id: int) -> HttpResponse:
    move = find_move(move_id)
    return perform(
        request, lambda: fetches.fetch_again(move.id), _("We're trying again."), _url(move), refused=ImportProblem
    )


@dataclass(frozen=True, slots=True)
class AudienceChoice:
    id: str
    name: str
    people: int | None


def fetch_context(move: Move) -> Mapping[str, Any]:
    fetch = MoveFetch.objects.defer("key_sealed").filter(move_id=move.id).first()
    if fetch is None:
        return {}
    choices: Sequence[AudienceChoice] = [AudienceChoice(*audience) for audience in fetch.audiences]
    return {
        "fetch": fetch,
        "fetch_system": profiles()[fetch.system].title if fetch.system in profiles() else fetch.system,
        "audiences": choices if move.state == MoveState.CHOOSING else [],
        "parts_done": len(fetch.parts_done),
        "may_fetch_again": move.state == MoveState.FAILED
        and MoveFetch.objects.filter(move_id=move.id).exclude(key_sealed="").exists(),
    }

"""Lists: the table, creating, viewing, renaming and archiving one."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.actions.agreements import PolicyConfirmation
from mailflatrate.apps.forms.queries import asking_forms
from mailflatrate.apps.intake import queries as intake_queries
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.actions import lists as lists_actions
from mailflatrate.apps.lists.counts import LIVE_PEOPLE
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import ORIGIN_LABELS, MailingList, OriginState
from mailflatrate.apps.segments import queries as segments_queries
from mailflatrate.entrypoints.client import circumstances
from mailflatrate.entrypoints.presenters.lookups import find_list
from mailflatrate.entrypoints.presenters.sentences import error_sentence, origin_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.audience_labels import ORIGIN_TONES
from mailflatrate.entrypoints.studio.audience.files.imports import import_rows
from mailflatrate.entrypoints.studio.audience.forms import ListForm
from mailflatrate.entrypoints.studio.audience.origins import declarations
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.documents import policy_in_force
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.rules.roles import Permission

SHOWN_IMPORTS = 10


@studio(
    "GET lists/",
    "lists",
    Permission.CONTACTS,
    limited=True,
    tab=Tab(CONTACTS, gettext_lazy("Lists"), gettext_lazy("mailing lists, audience, list origin"), place=20),
)
def lists(request: StudioRequest) -> HttpResponse:
    archived = request.GET.get("archived") == "1"
    origins = dict(MailingList.objects.values_list("id", "origin_state"))
    rows = [
        (row, ORIGIN_TONES[OriginState(origins[row.id])], ORIGIN_LABELS[OriginState(origins[row.id])])
        for row in queries.list_table(archived=archived)
    ]
    context = {
        "rows": rows,
        "archived": archived,
        "archived_count": MailingList.objects.exclude(archived_at=None).count(),
        "active_count": MailingList.objects.filter(archived_at=None).count(),
    }
    return page(request, "studio/audience/lists.html", context)


@studio("GET|POST lists/new/", "list-new", Permission.CONTACTS, limited=True, logs="list.created")
def new(request: StudioRequest) -> HttpResponse:
    """Ask for a name; the policy is shown because it starts to matter with a list (R-04)."""
    form = ListForm(request.POST or None, initial={"language": request.account.language})
    problem = ""
    if request.method == "POST" and request.POST.get("policy") != "on":
        form.is_valid()
        problem = _("Read the policy and select the box to create a list.")
    elif request.method == "POST" and form.is_valid():
        try:
            created = lists_actions.create_list(
                **form.cleaned_data, tick=PolicyConfirmation(request.user, circumstances(request))
            )
        except ListError as error:
            form.add_error("name", error_sentence(error))
        else:
            return see_other(reverse("studio:list", args=[created.id]))
    context = {"form": form, "policy": policy_in_force(request.LANGUAGE_CODE or "en"), "problem": problem}
    return page(request, "studio/audience/list_new.html", context, status=422 if form.errors or problem else 200)


def _context(mailing_list: MailingList) -> dict[str, Any]:
    origin = OriginState(mailing_list.origin_state)
    table = queries.list_table(archived=mailing_list.archived_at is not None)
    row = next(row for row in table if row.id == mailing_list.id)
    return {
        "list": mailing_list,
        "row": row,
        "mailable": segments_queries.count_segment([row.id], []) if row.confirmed <= LIVE_PEOPLE else row.confirmed,
        "origin": ORIGIN_LABELS[origin],
        "origin_tone": ORIGIN_TONES[origin],
        "origin_sentence": origin_sentence(origin),
        "declarations": declarations(mailing_list.id),
        "forms": asking_forms(mailing_list.id),
        "imports": import_rows(intake_queries.imports_page(list_id=mailing_list.id, size=SHOWN_IMPORTS)),
    }


@studio("GET lists/<int:list_id>/", "list", Permission.CONTACTS, limited=True)
def one(request: StudioRequest, list_id: int) -> HttpResponse:
    mailing_list = find_list(list_id)
    return page(request, "studio/audience/list.html", _context(mailing_list))


@studio("GET|POST lists/<int:list_id>/edit/", "list-edit", Permission.CONTACTS, limited=True, logs="list.changed")
def edit(request: StudioRequest, list_id: int) -> HttpResponse:
    mailing_list = find_list(list_id)
    initial = {
        "name": mailing_list.name,
        "public_name": mailing_list.public_name,
        "language": mailing_list.language,
        "description": mailing_list.description,
    }
    form = ListForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            lists_actions.rename_list(list_id, **{**values, "public_name": values["public_name"] or values["name"]})
        except ListError as error:
            form.add_error("name", error_sentence(error))
        else:
            return succeed(request, _("Saved."), reverse("studio:list", args=[list_id]))
    return page(request, "studio/audience/list_edit.html", {"list": mailing_list, "form": form})


@studio("POST lists/<int:list_id>/archive/", "list-archive", Permission.CONTACTS, limited=True, logs="list.archived")
def archive(request: StudioRequest, list_id: int) -> HttpResponse:
    mailing_list = find_list(list_id)
    lists_actions.archive_list(list_id, by=request.user)
    message = _("“%(name)s” is archived. We've kept its proof of consent.") % {"name": mailing_list.name}
    return succeed(request, message, reverse("studio:lists"))


@studio(
    "POST lists/<int:list_id>/unarchive/", "list-unarchive", Permission.CONTACTS, limited=True, logs="list.unarchived"
)
def unarchive(request: StudioRequest, list_id: int) -> HttpResponse:
    mailing_list = find_list(list_id)
    lists_actions.unarchive_list(list_id, by=request.user)
    message = _("“%(name)s” is active again.") % {"name": mailing_list.name}
    return succeed(request, message, reverse("studio:list", args=[list_id]))

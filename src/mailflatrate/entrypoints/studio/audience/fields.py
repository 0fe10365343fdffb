"""Custom fields: what the account stores about its contacts, in which form, and for what purpose (R-97)."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists.actions import fields as fields_actions
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.fields import fields
from mailflatrate.entrypoints.presenters.lookups import find_field
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.posts import perform, succeed
from mailflatrate.rules.fields.values import FIELD_TYPES, value_text
from mailflatrate.rules.roles import Permission


class FieldForm(forms.Form):
    """A field. Its key is made from the label when it is created and never changes."""

    label = forms.CharField(
        label=gettext_lazy("Label"), max_length=120, help_text=gettext_lazy("Such as “Customer since”.")
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"), choices=[(kind.name, gettext_lazy(kind.label)) for kind in FIELD_TYPES.values()]
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=25_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("One per line. Only for fields of the type “One choice” or “Several choices”."),
    )
    purpose = forms.CharField(
        label=gettext_lazy("What you use it for"),
        max_length=300,
        help_text=gettext_lazy("People who ask what you store about them read this, too."),
    )
    default = forms.CharField(
        label=gettext_lazy("Default in messages"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Used wherever a message shows this field and a contact has no value."),
    )

    def draft(self, key: str = "") -> FieldDraft:
        given = self.cleaned_data
        return FieldDraft(
            label=given["label"],
            type=given["type"],
            purpose=given["purpose"],
            choices=given["choices"].splitlines(),
            default=given["default"],
            key=key,
        )


@studio(
    "GET fields/",
    "fields",
    Permission.CONTACTS,
    tab=Tab(
        CONTACTS, gettext_lazy("Fields"), gettext_lazy("custom fields, attributes, personalization, purpose"), place=40
    ),
)
def index(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/audience/fields.html", {"fields": fields(), "archived": fields(archived=True)})


@studio("GET|POST fields/new/", "field-new", Permission.CONTACTS, logs="field.saved")
def new(request: StudioRequest) -> HttpResponse:
    form = FieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            field = fields_actions.create_field(form.draft())
        except ListError as error:
            form.add_error(None, error_sentence(error))
        else:
            return succeed(request, _("“%(name)s” has been added.") % {"name": field.label}, reverse("studio:fields"))
    return page(request, "studio/audience/field.html", {"form": form})


@studio("GET|POST fields/<int:field_id>/", "field", Permission.CONTACTS, logs="field.saved")
def edit(request: StudioRequest, field_id: int) -> HttpResponse:
    """Change a field. After a change of type its values are rewritten in the background."""
    field = find_field(field_id)
    initial: dict[str, Any] = {
        "label": field.label,
        "type": field.type,
        "purpose": field.purpose,
        "choices": "\n".join(map(str, field.choices)),
        "default": value_text(field.default),
    }
    form = FieldForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            fields_actions.change_field(field_id, form.draft(field.key))
        except ListError as error:
            form.add_error(None, error_sentence(error))
        else:
            return succeed(request, _("Saved."), reverse("studio:fields"))
    context = {"form": form, "field": field}
    return page(request, "studio/audience/field.html", context)


@studio("POST fields/<int:field_id>/move/", "field-move", Permission.CONTACTS, logs="field.saved")
def move(request: StudioRequest, field_id: int) -> HttpResponse:
    find_field(field_id)
    up = request.POST.get("to") == "up"
    to = reverse("studio:fields")
    return perform(
        request,
        lambda: fields_actions.move_field(field_id, up=up),
        _("The order has been changed."),
        to,
        refused=ListError,
    )


@studio("POST fields/<int:field_id>/archive/", "field-archive", Permission.CONTACTS, logs="field.archived")
def archive(request: StudioRequest, field_id: int) -> HttpResponse:
    field = find_field(field_id)
    fields_actions.archive_field(field_id)
    message = _("“%(name)s” has been archived. Its values are kept.") % {"name": field.label}
    return succeed(request, message, reverse("studio:fields"))


@studio("POST fields/<int:field_id>/restore/", "field-restore", Permission.CONTACTS, logs="field.restored")
def restore(request: StudioRequest, field_id: int) -> HttpResponse:
    field = find_field(field_id)
    fields_actions.restore_field(field_id)
    return succeed(request, _("“%(name)s” has been restored.") % {"name": field.label}, reverse("studio:fields"))

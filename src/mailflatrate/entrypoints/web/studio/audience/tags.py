"""Tags: names and colors for groups of contacts, and how many contacts have each."""

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.lists.actions import tags
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import TAG_COLOR_LABELS
from mailflatrate.apps.lists.tags import tag_table
from mailflatrate.entrypoints.presenters.lookups import find_contact, find_tag
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.web.posts import perform, succeed
from mailflatrate.entrypoints.web.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.web.studio.common import page
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.tags import MAX_TAG_CHARACTERS, TagColor, split_tags


class TagForm(forms.Form):
    """A tag's name and color."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=MAX_TAG_CHARACTERS)
    color = forms.ChoiceField(
        label=gettext_lazy("Color"), choices=[(color.value, label) for color, label in TAG_COLOR_LABELS.items()]
    )


def _show(request: StudioRequest, form: TagForm) -> HttpResponse:
    context = {"rows": tag_table(), "form": form}
    return page(request, "studio/audience/tags.html", context, status=422 if form.errors else 200)


@studio("GET tags/", "tags", Permission.CONTACTS)
def index(request: StudioRequest) -> HttpResponse:
    """List the tags, each with its number of contacts."""
    return _show(request, TagForm(initial={"color": TagColor.BLUE.value}))


@studio("POST tags/new/", "tag-new", Permission.CONTACTS, logs="tag.saved", has_tabs=True)
def new(request: StudioRequest) -> HttpResponse:
    """Create a tag."""
    form = TagForm(request.POST)
    if form.is_valid():
        try:
            tag = tags.create_tag(form.cleaned_data["name"], TagColor(form.cleaned_data["color"]))
        except ListError as error:
            form.add_error("name", error_sentence(error))
        else:
            return succeed(request, _("“%(name)s” has been added.") % {"name": tag.name}, reverse("studio:tags"))
    return _show(request, form)


@studio("GET|POST tags/<int:tag_id>/", "tag", Permission.CONTACTS, logs="tag.saved")
def edit(request: StudioRequest, tag_id: int) -> HttpResponse:
    """Rename or recolor a tag."""
    tag = find_tag(tag_id)
    form = TagForm(request.POST if request.method == "POST" else None, initial={"name": tag.name, "color": tag.color})
    if request.method == "POST" and form.is_valid():
        try:
            tags.change_tag(tag_id, name=form.cleaned_data["name"], color=TagColor(form.cleaned_data["color"]))
        except ListError as error:
            form.add_error("name", error_sentence(error))
        else:
            return succeed(request, _("Saved."), reverse("studio:tags"))
    people = next(row.people for row in tag_table() if row.id == tag_id)
    context = {"tag": tag, "form": form, "people": people}
    return page(request, "studio/audience/tag.html", context, status=422 if form.errors else 200)


@studio("POST tags/<int:tag_id>/delete/", "tag-delete", Permission.CONTACTS, logs="tag.deleted")
def delete(request: StudioRequest, tag_id: int) -> HttpResponse:
    """Delete a tag and remove it from all contacts."""
    tag = find_tag(tag_id)
    people = tags.delete_tag(tag_id)
    said = ngettext(
        "“%(name)s” has been deleted. %(people)d contact had it.",
        "“%(name)s” has been deleted. %(people)d contacts had it.",
        people,
    )
    return succeed(request, said % {"name": tag.name, "people": people}, reverse("studio:tags"))


@studio(
    "POST contacts/<int:contact_id>/tags/", "contact-tags", Permission.CONTACTS, limited=True, logs="contact.changed"
)
def of_contact(request: StudioRequest, contact_id: int) -> HttpResponse:
    """Add tags to a contact by name, including new ones, or remove one."""
    find_contact(contact_id)
    add, remove = request.POST.get("add", ""), request.POST.get("remove", "").strip()
    here = reverse("studio:contact", args=[contact_id])
    names = split_tags(add) or ([add] if add.strip() else [])
    return perform(
        request,
        lambda: tags.change_tags(contact_id, add=names, remove=[remove] if remove else []),
        _("Saved."),
        here,
        refused=ListError,
    )

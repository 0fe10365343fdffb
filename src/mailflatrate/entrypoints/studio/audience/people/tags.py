"""Tags: names and colors for groups of contacts, and how many contacts have each."""

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailflatrate.apps.lists.actions import tags
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import TAG_COLOR_LABELS, Tag
from mailflatrate.apps.lists.tags import TagInfo, tag_table
from mailflatrate.entrypoints.presenters.lookups import find_contact, find_tag
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.declared_pages import Column, Confirmation, ListPage, link, number
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.posts import perform, succeed
from mailflatrate.rules.contacts.tags import MAX_TAG_CHARACTERS, TagColor, split_tags
from mailflatrate.rules.roles import Permission


class TagForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=MAX_TAG_CHARACTERS)
    color = forms.TypedChoiceField(label=gettext_lazy("Color"), choices=list(TAG_COLOR_LABELS.items()), coerce=TagColor)


def _contacts(tag_id: int) -> str:
    return f"{reverse('studio:contacts')}?tag={tag_id}"


def _badge(row: TagInfo) -> str:
    return format_html('<span class="mark tag" data-color="{}">{}</span>', row.color, row.name)


TAGS = ListPage(
    "studio:tags",
    gettext_lazy("Tags"),
    (
        Column(gettext_lazy("Tag"), lambda row: link(_badge(row), reverse("studio:tag", args=[row.id]), "")),
        Column(gettext_lazy("Contacts"), lambda row: link(number(row.people), _contacts(row.id), "link-quiet"), True),
    ),
    icon="tags",
    empty=gettext_lazy("No tags yet"),
    empty_text=gettext_lazy("Add one here, or on a contact's page."),
    intro=gettext_lazy(
        "Tags group contacts across lists. You can set them by hand, with an import, by API or with a form. A tag "
        "gives no permission to send: that always comes from a confirmed subscription."
    ),
    new="studio:tag-new",
    new_label=gettext_lazy("New tag"),
    save_label=gettext_lazy("Add tag"),
    refused=ListError,
    blamed="name",
)


def _show(request: StudioRequest, form: TagForm) -> HttpResponse:
    return page(request, "parts/list_page.html", TAGS.context(tag_table(), form=form))


@studio(
    "GET tags/",
    "tags",
    Permission.CONTACTS,
    tab=Tab(CONTACTS, gettext_lazy("Tags"), gettext_lazy("labels, groups, colors"), place=50),
)
def index(request: StudioRequest) -> HttpResponse:
    return _show(request, TagForm(initial={"color": TagColor.BLUE.value}))


@studio("POST tags/new/", "tag-new", Permission.CONTACTS, logs="tag.saved", has_tabs=True)
def new(request: StudioRequest) -> HttpResponse:
    form = TagForm(request.POST)

    def added(tag: Tag) -> str:
        return _("“%(name)s” has been added.") % {"name": tag.name}

    return TAGS.save(request, form, lambda: tags.create_tag(**form.cleaned_data), added) or _show(request, form)


@studio("GET|POST tags/<int:tag_id>/", "tag", Permission.CONTACTS, logs="tag.saved")
def edit(request: StudioRequest, tag_id: int) -> HttpResponse:
    tag = find_tag(tag_id)
    form = TagForm(request.POST or None, initial={"name": tag.name, "color": tag.color})
    people = next(row.people for row in tag_table() if row.id == tag_id)
    consequence = ngettext(
        "%(shown)s contact has this tag and loses it. You can't undo this. The contact and its subscriptions stay.",
        "%(shown)s contacts have this tag and lose it. You can't undo this. The contacts and their subscriptions stay.",
        people,
    )
    question, url = _("Delete “%(name)s”?") % {"name": tag.name}, reverse("studio:tag-delete", args=[tag_id])
    context = TAGS.form_context(
        tag.name,
        form,
        links=[(_("Show contacts"), "users", _contacts(tag_id))],
        delete=Confirmation(url, question, consequence % {"shown": number(people)}, _("Delete")),
    )
    saved = TAGS.save(request, form, lambda: tags.change_tag(tag_id, **form.cleaned_data), _("Saved."))
    return saved or page(request, "parts/form_page.html", context)


@studio("POST tags/<int:tag_id>/delete/", "tag-delete", Permission.CONTACTS, logs="tag.deleted")
def delete(request: StudioRequest, tag_id: int) -> HttpResponse:
    tag = find_tag(tag_id)
    people = tags.delete_tag(tag_id)
    message = ngettext(
        "“%(name)s” has been deleted. %(people)d contact had it.",
        "“%(name)s” has been deleted. %(people)d contacts had it.",
        people,
    )
    return succeed(request, message % {"name": tag.name, "people": people}, reverse("studio:tags"))


@studio(
    "POST contacts/<int:contact_id>/tags/", "contact-tags", Permission.CONTACTS, limited=True, logs="contact.changed"
)
def of_contact(request: StudioRequest, contact_id: int) -> HttpResponse:
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

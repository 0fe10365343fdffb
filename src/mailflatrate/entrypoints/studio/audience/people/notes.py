"""Notes about a contact: written on the contact's page, changed and deleted by their authors."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.actions import notes
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import ContactNote
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.people.contact import contact_page, find_record
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission


def _here(contact_id: int) -> str:
    return f"{reverse('studio:contact', args=[contact_id])}#timeline"


@studio(
    "POST contacts/<int:contact_id>/notes/", "contact-note-new", Permission.CONTACTS, limited=True, logs="contact.noted"
)
def new(request: StudioRequest, contact_id: int) -> HttpResponse:
    detail = find_record(contact_id)
    text = request.POST.get("text", "")
    try:
        notes.write_note(contact_id, text, by=request.user)
    except ListError as error:
        return contact_page(request, detail, note=text, note_error=error_sentence(error), status=422)
    return succeed(request, _("The note has been added."), _here(contact_id))


def _own_note(request: StudioRequest, contact_id: int, note_id: int) -> ContactNote:
    note = ContactNote.objects.select_related("contact").filter(id=note_id, contact_id=contact_id).first()
    if note is None or note.author_id != request.user.id:
        raise Http404
    return note


@studio(
    "GET|POST contacts/<int:contact_id>/notes/<int:note_id>/",
    "contact-note",
    Permission.CONTACTS,
    limited=True,
    logs="contact.noted",
)
def edit(request: StudioRequest, contact_id: int, note_id: int) -> HttpResponse:
    note = _own_note(request, contact_id, note_id)
    context = {"note": note, "contact": note.contact, "text": note.text}
    if request.method != "POST":
        return page(request, "studio/audience/note.html", context)
    text = request.POST.get("text", "")
    try:
        notes.change_note(note_id, text, by=request.user)
    except ListError as error:
        context |= {"text": text, "error": error_sentence(error)}
        return page(request, "studio/audience/note.html", context, status=422)
    return succeed(request, _("Saved."), _here(contact_id))


@studio(
    "POST contacts/<int:contact_id>/notes/<int:note_id>/delete/",
    "contact-note-delete",
    Permission.CONTACTS,
    limited=True,
    logs="contact.noted",
)
def delete(request: StudioRequest, contact_id: int, note_id: int) -> HttpResponse:
    _own_note(request, contact_id, note_id)
    notes.delete_note(note_id, by=request.user)
    return succeed(request, _("The note has been deleted."), _here(contact_id))

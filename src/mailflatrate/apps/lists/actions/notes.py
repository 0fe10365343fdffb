"""Notes about contacts. Any member with write access adds them; only the author changes or deletes one."""

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact, ContactNote
from mailflatrate.base import clock

MAX_NOTE_CHARACTERS = 2_000
MAX_NOTES = 500


@transaction.atomic
def write_note(contact_id: int, text: str, *, by: User) -> ContactNote:
    """Raises ListError."""
    text = _checked(text)
    # The lock keeps an erasure from running at the same time.
    if not Contact.objects.select_for_update().filter(id=contact_id).exists():
        raise ListError(_("this contact doesn't exist"))
    if ContactNote.objects.filter(contact_id=contact_id).count() >= MAX_NOTES:
        raise ListError(_("a contact can have up to %(limit)d notes") % {"limit": MAX_NOTES})
    return ContactNote.objects.create(contact_id=contact_id, author=by, text=text, created_at=clock.now())


@transaction.atomic
def change_note(note_id: int, text: str, *, by: User) -> None:
    """One's own. Raises ListError."""
    text = _checked(text)
    note = _own(note_id, by)
    if note.text != text:
        note.text, note.edited_at = text, clock.now()
        note.save(update_fields=["text", "edited_at"])


@transaction.atomic
def delete_note(note_id: int, *, by: User) -> None:
    """One's own. Raises ListError."""
    _own(note_id, by).delete()


def _own(note_id: int, by: User) -> ContactNote:
    note = ContactNote.objects.select_for_update().filter(id=note_id).first()
    if note is None:
        raise ListError(_("this note no longer exists"))
    if note.author_id != by.id:
        raise ListError(_("only the author can change or delete a note"))
    return note


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise ListError(_("write a note first"))
    if len(text) > MAX_NOTE_CHARACTERS:
        raise ListError(_("a note can have up to %(limit)d characters") % {"limit": MAX_NOTE_CHARACTERS})
    return text

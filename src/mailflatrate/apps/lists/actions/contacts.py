"""A customer's edits to a contact: never the address, since consent belongs to it (R-24)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.lists.errors import ListError, NameInUse
from mailflatrate.apps.lists.fields import declare, declare_missing, read_values, special_sentence
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.lists.personal_data import PersonalFault, judge_attributes
from mailflatrate.base import clock
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.contacts.languages import ATTRIBUTES
from mailflatrate.rules.fields.types.language import TYPE as LANGUAGE

LANGUAGE_ATTRIBUTE = ATTRIBUTES[0]
MAX_ATTRIBUTES = 100


@transaction.atomic
def edit_contact(
    contact_id: int, *, first_name: str, last_name: str, attributes: dict[str, Any], external_id: str | None = None
) -> None:
    """An attribute without a field gets one; unchanged values aren't checked again. Raises ListError."""
    if external_id and not external_ids.is_external_id(external_id):
        raise ListError(_("write it as one word of at most 200 characters, without spaces or umlauts"))
    if len(attributes) > MAX_ATTRIBUTES:
        raise ListError(_("a contact can have up to %(limit)d custom fields") % {"limit": MAX_ATTRIBUTES})
    stored = Contact.objects.select_for_update().filter(id=contact_id).values_list("attributes", flat=True).first()
    if stored is None:
        raise ListError(_("this contact doesn't exist"))
    changed = {key: value for key, value in attributes.items() if key not in stored or stored[key] != value}
    refuse_personal(changed)
    declare_missing(changed)
    read = read_values(changed)
    kept = {key: read.get(key, value) for key, value in attributes.items()}
    Contact.objects.filter(id=contact_id).update(
        first_name=first_name.strip()[:120],
        last_name=last_name.strip()[:120],
        attributes={key: value for key, value in kept.items() if value is not None},
        updated_at=clock.now(),
    )
    if external_id is not None:
        _name(contact_id, external_id)


def refuse_personal(changed: Mapping[str, Any], country: str | None = None) -> None:
    """In changed attributes only; existing values stay until removed. Raises ListError."""
    for key, fault in judge_attributes(
        changed, country=current_account().country if country is None else country
    ).items():
        if fault is PersonalFault.SPECIAL:
            raise ListError(special_sentence(key))
        words = _(
            "according to “%(name)s”, this person is under 16; minors can't be on a list. Erase the contact instead"
        )
        raise ListError(words % {"name": key})


@transaction.atomic
def change_contact(
    contact_id: int,
    *,
    first_name: str | None,
    last_name: str | None,
    attributes: Mapping[str, Any],
    external_id: str | None = None,
) -> None:
    """None: names stay, attributes are removed. `external_id`: the customer's; empty removes it. Raises ListError."""
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    if contact is None:
        raise ListError(_("this contact doesn't exist"))
    kept = {**contact.attributes, **attributes}
    edit_contact(
        contact_id,
        first_name=contact.first_name if first_name is None else first_name,
        last_name=contact.last_name if last_name is None else last_name,
        attributes={key: value for key, value in kept.items() if value is not None},
        external_id=external_id,
    )


def _name(contact_id: int, external_id: str) -> None:
    try:
        with transaction.atomic():
            Contact.objects.filter(id=contact_id).update(external_id=external_id or None)
    except IntegrityError as error:
        words = _("another contact already has the external id “%(name)s”")
        raise NameInUse(words % {"name": external_id}) from error


def record_activity(contact_id: int, at: datetime) -> None:
    """A click by a contact who agreed to personal tracking (R-91, R-107). Opens never count."""
    Contact.objects.filter(id=contact_id).update(last_activity_at=Greatest("last_activity_at", Value(at)))


MAX_PAUSE_DAYS = 366


def check_pause(until: datetime) -> None:
    """Raises ListError unless it ends in the future and within a year."""
    if not clock.now() < until <= clock.now() + timedelta(days=MAX_PAUSE_DAYS):
        raise ListError(_("a pause ends on a day within the next year"))


def pause_contact(contact_id: int, until: datetime | None, *, pause_days: int | None = None) -> None:
    """Until a moment, or with at least `pause_days` days between campaigns (R-37). Raises ListError."""
    contact = Contact.objects.select_for_update().get(id=contact_id)
    if until is not None:
        check_pause(until)
    _set_pause(contact, until, pause_days)
    contact.save(update_fields=["paused_until", "pause_days", "updated_at", "last_activity_at"])


def _set_pause(contact: Contact, until: datetime | None, pause_days: int | None) -> None:
    if pause_days is not None and not 0 < pause_days <= MAX_PAUSE_DAYS:
        raise ListError(_("a pause between campaigns can be 1 to %(limit)d days") % {"limit": MAX_PAUSE_DAYS})
    contact.paused_until, contact.pause_days = until, pause_days
    contact.updated_at = contact.last_activity_at = clock.now()


def set_preferences(contact_id: int, *, pause_days: int | None, paused_until: datetime | None, language: str) -> None:
    """The contact's own. The attribute `language` is set, for segments and messages. Counts as activity (R-91)."""
    contact = Contact.objects.select_for_update().get(id=contact_id)
    _set_pause(contact, paused_until, pause_days)
    declare({LANGUAGE_ATTRIBUTE: LANGUAGE})
    contact.attributes = {**contact.attributes, LANGUAGE_ATTRIBUTE: language}
    contact.save(update_fields=["pause_days", "paused_until", "attributes", "updated_at", "last_activity_at"])

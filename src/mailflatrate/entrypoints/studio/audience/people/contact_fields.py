"""A contact's fields: shown by type, one edited in place, or all on a page of their own."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.actions import contacts
from mailflatrate.apps.lists.errors import FieldProblem, ListError
from mailflatrate.apps.lists.fields import definitions, fields
from mailflatrate.apps.lists.models import Contact
from mailflatrate.entrypoints.presenters.lookups import find_contact
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.presenters.signup.form_inputs import FilledInput, Input, with_value
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.audience.field_inputs import (
    NO_PROBLEMS,
    PREFIX,
    contact_input,
    contact_inputs,
    posted_values,
)
from mailflatrate.entrypoints.studio.audience.forms import EditContactForm
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.field_words import field_label, value_words
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.fields.field_type import KEY, MAX_TEXT_CHARACTERS, ContactFieldType
from mailflatrate.rules.fields.values import value_text
from mailflatrate.rules.roles import Permission

NAMES = ("first_name", "last_name")
OWN = (*NAMES, external_ids.FIELD)
_NAME_CHARACTERS = 120


def field_rows(contact: Contact) -> list[dict[str, Any]]:
    declared_fields = definitions()
    keys = [field.key for field in fields()]
    others = sorted(set(contact.attributes) - set(keys))
    return [
        *(
            {"key": key, "label": field_label(declared_fields, key), "words": _value(contact, key), "is_declared": True}
            for key in OWN
        ),
        *(_row(contact, key, field_label(declared_fields, key), declared_fields[key].type) for key in keys),
        *(
            {
                "key": key,
                "label": field_label(declared_fields, key),
                "words": value_words(None, contact.attributes[key]),
                "is_declared": False,
            }
            for key in others
        ),
    ]


def _row(contact: Contact, key: str, label: str, kind: ContactFieldType) -> dict[str, Any]:
    return {"key": key, "label": label, "words": value_words(kind, contact.attributes.get(key)), "is_declared": True}


def _input_of(contact: Contact, key: str, value: Any, problem: str) -> FilledInput:
    declared_field = next((field for field in fields() if field.key == key), None)
    if declared_field is not None:
        return contact_input(declared_field, value, problem)
    if key not in OWN and key not in contact.attributes:
        raise Http404
    label = field_label(definitions([key]), key)
    return with_value(Input(f"{PREFIX}{key}", label), value, problem)


def _value(contact: Contact, key: str) -> Any:
    if key == external_ids.FIELD:
        return contact.external_id or ""
    return getattr(contact, key) if key in NAMES else contact.attributes.get(key)


@studio(
    "GET|POST contacts/<int:contact_id>/fields/<str:key>/",
    "contact-field",
    Permission.CONTACTS,
    limited=True,
    logs="contact.changed",
)
def one(request: StudioRequest, contact_id: int, key: str) -> HttpResponse:
    contact = find_contact(contact_id)
    if not KEY.fullmatch(key) and key not in OWN and key not in contact.attributes:
        raise Http404
    asked = _input_of(contact, key, _value(contact, key), "")
    context: dict[str, Any] = {"contact": contact, "one": asked, "key": key}
    if request.method != "POST":
        if request.GET.get("show") == "1":
            return _shown(request, contact_id, key)
        return page(request, _template(request), context)
    posted = [text.strip()[: MAX_TEXT_CHARACTERS + 1] for text in request.POST.getlist(asked.input.key) if text.strip()]
    value: Any = posted if asked.input.is_several else posted[-1] if posted else ""
    if value_text(value) != value_text(_value(contact, key)):  # an unchanged value is not checked again
        try:
            _save(contact_id, key, value)
        except (FieldProblem, ListError) as error:
            problems = getattr(error, "problems", {})
            asked = _input_of(contact, key, value, error_sentence(problems.get(key, error)))
            return page(request, _template(request), {**context, "one": asked}, status=422)
    return _shown(request, contact_id, key)


def _save(contact_id: int, key: str, value: Any) -> None:
    """Save one value; an empty one is removed. Raises ListError."""
    names = {name: value[:_NAME_CHARACTERS] if name == key else None for name in NAMES}
    contacts.change_contact(
        contact_id,
        first_name=names["first_name"],
        last_name=names["last_name"],
        attributes={} if key in OWN else {key: value or None},
        external_id=value if key == external_ids.FIELD else None,
    )


def _template(request: StudioRequest) -> str:
    return "studio/audience/field_edit.html" if is_htmx(request) else "studio/audience/field_edit_page.html"


def _shown(request: StudioRequest, contact_id: int, key: str) -> HttpResponse:
    if not is_htmx(request):
        return see_other(reverse("studio:contact", args=[contact_id]))
    contact = find_contact(contact_id)
    row = next((row for row in field_rows(contact) if row["key"] == key), None)
    return page(request, "studio/audience/field_row.html", {"contact": contact, "row": row, "was_edited": True})


def _undeclared(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    declared_fields = definitions()
    rows = [(key, value_text(value)) for key, value in sorted(attributes.items()) if key not in declared_fields]
    return [*rows, ("", "")]


def _posted_attributes(request: StudioRequest, before: dict[str, Any]) -> dict[str, Any]:
    """Return the values of fields, and the rows with a name and a value. An unchanged value keeps its type."""
    names, values = (map(str.strip, request.POST.getlist(f"attribute_{part}")) for part in ("name", "value"))
    kept = posted_values(request.POST, before)
    for name, value in zip(names, values, strict=False):
        if name and value:
            kept[name] = before[name] if name in before and value_text(before[name]) == value else value
    return kept


@studio(
    "GET|POST contacts/<int:contact_id>/edit/",
    "contact-edit",
    Permission.CONTACTS,
    limited=True,
    logs="contact.changed",
)
def edit(request: StudioRequest, contact_id: int) -> HttpResponse:
    contact = find_contact(contact_id)
    if request.method != "POST":
        form = EditContactForm(initial={name: getattr(contact, name) for name in (*NAMES, "external_id")})
        return _edit_page(request, contact, form, contact.attributes)
    form = EditContactForm(request.POST)
    attributes = _posted_attributes(request, contact.attributes)
    problems: Mapping[str, str] = NO_PROBLEMS
    if form.is_valid():
        try:
            contacts.edit_contact(contact_id, **form.cleaned_data, attributes=attributes)
        except FieldProblem as error:
            problems = {key: error_sentence(text) for key, text in error.problems.items()}
            form.add_error(None, " ".join(problems.values()))
        except ListError as error:
            form.add_error(None, error_sentence(error))
        else:
            return succeed(request, _("Saved."), reverse("studio:contact", args=[contact_id]))
    return _edit_page(request, contact, form, attributes, problems)


def _edit_page(
    request: StudioRequest,
    contact: Contact,
    form: EditContactForm,
    attributes: dict[str, Any],
    problems: Mapping[str, str] = NO_PROBLEMS,
) -> HttpResponse:
    context = {
        "contact": contact,
        "form": form,
        "inputs": contact_inputs(attributes, problems),
        "attributes": _undeclared(attributes),
    }
    return page(request, "studio/audience/contact_edit.html", context)

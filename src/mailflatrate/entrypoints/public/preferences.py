"""A person's preferences: which lists, how often, in which language, at which address. A GET changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.forms.queries import asking_forms, correctable_fields
from mailflatrate.apps.lists.actions import contacts
from mailflatrate.apps.lists.actions.contacts import LANGUAGE_ATTRIBUTE
from mailflatrate.apps.lists.actions.tracking import choose_tracking, tracking_wording
from mailflatrate.apps.lists.addresses import judge_address
from mailflatrate.apps.lists.changes import ChangeAuthor, name_author
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.fields import definitions, month_first
from mailflatrate.apps.lists.models import ChangeSource, Contact, Subscription, SubscriptionState
from mailflatrate.apps.lists.personal_data import PersonalFault, judge_attributes
from mailflatrate.apps.privacy.actions import requests
from mailflatrate.apps.privacy.actions.requests import RequesterInfo
from mailflatrate.apps.privacy.models import DataRequestKind
from mailflatrate.apps.privacy.stored_data import carried_over
from mailflatrate.base import clock
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.signup.embeds import form_url
from mailflatrate.entrypoints.presenters.signup.form_inputs import (
    NAMES_IN_USE,
    FilledInput,
    field_input,
    filled_in,
    read_answers,
)
from mailflatrate.entrypoints.public.after_unsubscribe import day_begins, pause_bounds
from mailflatrate.entrypoints.public.pauses import PAUSES, pause_words
from mailflatrate.entrypoints.public.reader import PageReader, page_language, reader
from mailflatrate.entrypoints.public.unsubscribe import about, leave
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.address import masked_address
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.addresses import AddressReason, AddressVerdict, reason_sentence
from mailflatrate.rules.fields.field_type import FieldDefinition
from mailflatrate.rules.forms import FormField

_REFUSED = {
    PersonalFault.SPECIAL: gettext_lazy("We don't store this kind of data."),
    PersonalFault.MINOR: gettext_lazy("You must be at least 16 years old to be on a list."),
}


@public("GET|POST p/<str:token>", "preferences")
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Unticking a list unsubscribes at once; joining one needs double opt-in."""
    with reader(TokenPurpose.PREFERENCES, token) as recipient:
        result: dict[str, Any] = {}
        contact = recipient.delivery.contact
        if request.method == "POST" and contact is not None:
            with translation.override(page_language(request, _language(recipient))):
                result = _act(request, recipient, contact)
        language = _language(recipient) if result.get("saved") else page_language(request, _language(recipient))
        with translation.override(language):
            status = 422 if result.get("form_error") else 200
            return render(
                request, "public/preferences.html", {**_context(recipient, language, result), **result}, status=status
            )


def _act(request: HttpRequest, recipient: PageReader, contact: Contact) -> dict[str, Any]:
    name_author(ChangeAuthor(ChangeSource.PERSON))
    act = request.POST.get("act", "save")
    if act == "leave":
        leave(recipient, request, by="preferences", everything=True)
        return {"saved": True}
    if act == "move":
        return _move(request, recipient)
    if fault := _fault(request, act, contact):
        return {"form_error": fault}
    _save_choices(request, recipient, contact)
    typed_in, problems = _request_correction(request, recipient, _own_fields(recipient, contact))
    if problems:
        return {
            "form_error": _("Correct what's marked below."),
            "choices_saved": True,
            "field_answers": typed_in,
            "field_errors": problems,
        }
    return {"saved": True, "correcting": bool(typed_in)}


def _save_choices(request: HttpRequest, recipient: PageReader, contact: Contact) -> None:
    """Carry out what needs no confirmation, whatever is wrong with the fields: no input error delays an unsubscribe."""
    kept = set(request.POST.getlist("keep"))
    for row in _subscriptions(recipient):
        if str(row.mailing_list_id) not in kept:
            recipient.delivery.mailing_list = row.mailing_list
            leave(recipient, request, by="preferences", everything=False)
    pause = request.POST.get("pause")
    days = contact.pause_days if pause is None else PAUSES[pause]
    until = request.POST.get("paused_until")
    paused_until = contact.paused_until if until is None else day_begins(until) if until else None
    contacts.set_preferences(contact.id, pause_days=days, paused_until=paused_until, language=request.POST["language"])
    if contact.tracking and request.POST.get("tracking_shown") and not request.POST.get("tracking"):
        _withdraw_tracking(request, recipient, contact)
    contact.refresh_from_db()


def _withdraw_tracking(request: HttpRequest, recipient: PageReader, contact: Contact) -> None:
    """Withdraw the consent to click tracking at once. Giving it needs the mailbox: the link may be in other hands."""
    language = translation.get_language() or "en"
    choose_tracking(
        contact.id,
        agrees=False,
        wording=tracking_wording(recipient.account.name, language),
        language=language,
        source=f"preferences page of delivery {recipient.delivery.id}",
        ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", "")[:500],
    )


def _own_fields(recipient: PageReader, contact: Contact) -> list[FormField]:
    """What another mailbox carried over to this one stays hidden: a typing error may have brought it here."""
    asked = correctable_fields([row.mailing_list_id for row in _subscriptions(recipient)])
    hidden = carried_over(contact.id, contact) if asked else frozenset()
    return [replace(field, required=False) for field in asked if field.key not in (*hidden, *NAMES_IN_USE)]


def _typed(fields: Sequence[FormField]) -> dict[str, FieldDefinition]:
    return definitions([field.key for field in fields if field.is_attribute])


def _request_correction(
    request: HttpRequest, recipient: PageReader, fields: Sequence[FormField]
) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return what was typed in, and errors by field. A link may be in anyone's hands, so stored values never show, the
    answer doesn't depend on them, and the mailbox has to confirm. A form without the fields requests nothing.
    """
    if not fields or request.POST.get("fields") != "1":
        return {}, {}
    answers = read_answers(fields, request.POST, _typed(fields), month_first=month_first())
    if answers.errors:
        return answers.typed_in, dict(answers.errors)
    if not answers.values:
        return {}, {}
    labels = {field.key: tuple(field.labels.values()) for field in fields}
    faults = judge_attributes(answers.values, labels)
    if faults:
        return answers.typed_in, {key: str(_REFUSED[fault]) for key, fault in faults.items()}
    language = translation.get_language() or "en"
    requests.ask(
        recipient.delivery,
        DataRequestKind.CORRECTION,
        everywhere=False,
        values=_correction(fields, answers.values, language),
        language=language,
        visitor=RequesterInfo(client_ip(request), request.headers.get("User-Agent", "")),
    )
    return answers.typed_in, {}


def _correction(fields: Sequence[FormField], given: Mapping[str, Any], language: str) -> dict[str, Any]:
    names = {key: str(value) for key, value in given.items() if key in ("first_name", "last_name")}
    others = {key: value for key, value in given.items() if key not in names}
    labels = {field.key: field_input(field, language, {}).label for field in fields if field.key in others}
    return {**names, "fields": others, "labels": labels}


def _fault(request: HttpRequest, act: str, contact: Contact) -> str:
    """Return the error in a form to save, or an empty string. Lists left in another window are not an error."""
    if act != "save":
        return _("That button isn't on this page. Use one of the buttons below.")
    list_ids = {str(number) for number in contact.subscriptions.values_list("mailing_list_id", flat=True)}
    if not list_ids.issuperset(request.POST.getlist("keep")):
        return _("You aren't subscribed to one of the lists you submitted. Choose from your lists below.")
    if request.POST.get("language") not in dict(settings.LANGUAGES):
        return _("Choose one of the languages below.")
    if request.POST.get("pause", "") not in PAUSES:
        return _("Choose how often you want to receive emails.")
    try:
        if until := request.POST.get("paused_until"):
            contacts.check_pause(day_begins(until))
    except ListError:
        return _("Choose a day within the next year for the end of your pause.")
    return ""


def _move(request: HttpRequest, recipient: PageReader) -> dict[str, Any]:
    """The current address confirms: a forwarded message moves nothing. The answer never depends on what is known."""
    email = " ".join(request.POST.get("email", "").split())[:254]
    mine = _subscriptions(recipient)
    if not mine:
        return {}
    decision = judge_address(email)
    if decision.verdict is AddressVerdict.ACCEPT:
        requests.ask(
            recipient.delivery,
            DataRequestKind.ADDRESS,
            everywhere=False,
            values={"email": decision.address},
            language=translation.get_language() or "en",
            visitor=RequesterInfo(client_ip(request), request.headers.get("User-Agent", "")),
        )
        joined = {row.mailing_list_id for row in mine}
        afresh = [form for form in asking_forms() if form.mailing_list_id in joined]
        return {
            "moving": masked_address(email),
            "afresh": [(form.mailing_list.public_name, form_url(form.code)) for form in afresh],
        }
    reason = reason_sentence(decision.reason or AddressReason.SYNTAX, known_language(translation.get_language()))
    if decision.suggestion:
        reason = _("Did you mean %(suggestion)s?") % {"suggestion": decision.suggestion}
    return {"move_error": reason, "new_address": email}


def _language(recipient: PageReader) -> str:
    chosen = recipient.delivery.contact.attributes.get(LANGUAGE_ATTRIBUTE) if recipient.delivery.contact else None
    return str(chosen) if chosen in dict(settings.LANGUAGES) else recipient.language


def _subscriptions(recipient: PageReader) -> list[Subscription]:
    if recipient.delivery.contact_id is None:
        return []
    rows = Subscription.objects.filter(contact_id=recipient.delivery.contact_id, state=SubscriptionState.CONFIRMED)
    return list(rows.select_related("mailing_list").order_by("mailing_list__public_name"))


def _shown_fields(recipient: PageReader, contact: Contact, language: str, result: dict[str, Any]) -> list[FilledInput]:
    """Return the fields as they were just typed in with an error, otherwise empty: a forwarded link shows no data."""
    fields = _own_fields(recipient, contact)
    typed = _typed(fields)
    form_inputs = [field_input(field, language, typed) for field in fields]
    return filled_in(form_inputs, result.get("field_answers", {}), result.get("field_errors", {}))


def _context(recipient: PageReader, language: str, result: dict[str, Any]) -> dict[str, Any]:
    mine = _subscriptions(recipient)
    contact = recipient.delivery.contact
    pause, now = contact.pause_days if contact else None, clock.now()
    joined = {row.mailing_list_id for row in mine}
    others = {form.mailing_list_id: form for form in asking_forms() if form.mailing_list_id not in joined}
    return {
        **recipient.context(),
        **about(recipient),
        "subscriptions": mine,
        "own_fields": _shown_fields(recipient, contact, language, result) if contact else [],
        "paused_until": contact.paused_until
        if contact and contact.paused_until and contact.paused_until > now
        else None,
        "pause": pause_bounds(),
        "tracking": contact is not None and contact.tracking,
        "tracking_wording": tracking_wording(recipient.account.name, language),
        "pauses": [(key, pause_words(days), pause == days) for key, days in PAUSES.items()],
        "spoken": [(code, code == language) for code, _name in settings.LANGUAGES],
        "others": [(form.mailing_list.public_name, form_url(form.code)) for form in others.values()],
    }

"""The customer's actions on forms. A published version never changes (R-28)."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.domains.queries import senders
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.facts import form_facts
from mailflatrate.apps.forms.models import Form, FormState, FormVersion
from mailflatrate.apps.forms.queries import forget_published, open_list_names
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.fields import declare
from mailflatrate.apps.lists.models import MailingList, OriginState
from mailflatrate.apps.lists.tags import checked_name
from mailflatrate.base import clock
from mailflatrate.rules.contacts.tags import known_once
from mailflatrate.rules.fields.types.text import TYPE as TEXT
from mailflatrate.rules.forms import FormContent, content_from_json, default_content, freeze
from mailflatrate.rules.forms.content import MAX_FURTHER_LISTS, FormStyle
from mailflatrate.rules.forms.placement import Placement, placement_from_json
from mailflatrate.rules.gate.judge import judge_form
from mailflatrate.rules.verdict import Verdict
from mailflatrate.settings.schema import load_settings

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # no characters that look alike, and no vowels that could spell a word
_CODE_LENGTH = 10


@transaction.atomic
def create_form(
    name: str, list_id: int, *, by: User | None, sender_id: int | None = None, style: FormStyle | None = None
) -> Form:
    """In the list's language; asks for the address only. Style None: the account's color. Raises FormError."""
    place = _list(list_id)
    account = current_account()
    return Form.objects.create(
        name=_name(name),
        mailing_list=place,
        sender=_sender(sender_id),
        code=new_code(),
        draft=default_content(place.language, place.public_name, style or FormStyle(account.colour)).as_json(),
        created_by=by,
    )


def new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _place in range(_CODE_LENGTH))


@transaction.atomic
def save_draft(
    form_id: int,
    *,
    name: str,
    list_id: int,
    sender_id: int | None,
    content: FormContent,
    tags: Sequence[str] | None = None,
    correctable: bool | None = None,
) -> Form:
    """The published version stays. `tags` (for those who confirm from now on) and `correctable` (by subscribers) apply
    at once, None leaves them. Raises FormError.
    """
    form = _locked(form_id)
    if form.current_id is not None and form.mailing_list_id != list_id:
        raise FormError(_("a published form keeps its list; create a new form for another list"))
    form.name, form.mailing_list, form.sender = _name(name), _list(list_id), _sender(sender_id)
    _check_further(content, list_id)
    form.draft, form.changed_at = content.as_json(), clock.now()
    if tags is not None:
        form.tags = _tags(tags)
    if correctable is not None:
        form.correctable = correctable
    form.save(update_fields=["name", "mailing_list", "sender", "draft", "changed_at", "tags", "correctable"])
    forget_published(form.code)
    return form


@transaction.atomic
def place_form(form_id: int, placement: Placement) -> Form:
    """Websites have it within five minutes. A compared text that was kept stays the only one. Raises FormError."""
    form = _locked(form_id)
    form.placement = replace(placement, text=placement_from_json(form.placement).text).as_json()
    form.save(update_fields=["placement"])
    forget_published(form.code)
    return form


@transaction.atomic
def keep_text(form_id: int, key: str) -> None:
    """ "": all again. Raises FormError."""
    form = _locked(form_id)
    content = content_from_json(form.current.content["content"]) if form.current is not None else None
    if key and (content is None or content.compared_text(key) is None):
        raise FormError(_("this text isn't part of the published version any longer"))
    form.placement = replace(placement_from_json(form.placement), text=key).as_json()
    form.save(update_fields=["placement"])
    forget_published(form.code)


@transaction.atomic
def publish_form(form_id: int, *, by: User | None) -> Verdict:
    """If the rules allow; return their verdict. A draft identical to the current version makes no new one."""
    form = _locked(form_id)
    facts = form_facts(form)
    verdict = judge_form(facts)
    if not verdict.allowed:
        return verdict
    assert facts.imprint is not None
    _declare_fields(facts.content)
    names = open_list_names([further_list.list_id for further_list in facts.content.further])
    frozen = freeze(facts.content, facts.imprint, form.mailing_list.public_name, load_settings().service_name, names)
    newest = FormVersion.objects.filter(form=form).order_by("-number").first()
    if newest is None or newest.sha256 != frozen.sha256:
        newest = FormVersion.objects.create(
            form=form,
            number=newest.number + 1 if newest else 1,
            content=frozen.as_json(),
            sha256=frozen.sha256,
            published_at=clock.now(),
            published_by=by,
        )
    form.current, form.state = newest, FormState.PUBLISHED
    form.save(update_fields=["current", "state"])
    forget_published(form.code)
    return verdict


def _declare_fields(content: FormContent) -> None:
    """As text, if no field has it yet. Raises FormError."""
    labels = {field.key: field.labels.get(content.languages[0], "") for field in content.fields}
    types = {field.key: TEXT for field in content.fields if field.is_attribute}
    try:
        declare(types, labels)
    except ListError as error:
        raise FormError(str(error)) from error


def close_form(form_id: int) -> None:
    """Pending requests may still be confirmed. Raises FormError."""
    _move(form_id, FormState.PUBLISHED, FormState.CLOSED)


def reopen_form(form_id: int) -> None:
    """With the last published version. Raises FormError."""
    _move(form_id, FormState.CLOSED, FormState.PUBLISHED)


@transaction.atomic
def _move(form_id: int, before: FormState, after: FormState) -> None:
    form = _locked(form_id)
    if form.state != before:
        raise FormError(_("this isn't possible in the form's current status"))
    form.state = after
    form.save(update_fields=["state"])
    forget_published(form.code)


def _locked(form_id: int) -> Form:
    form = Form.objects.select_for_update(of=("self",)).select_related("mailing_list").filter(id=form_id).first()
    if form is None:
        raise FormError(_("this form doesn't exist"))
    return form


def _name(text: str) -> str:
    name = " ".join(text.split())[:120]
    if not name:
        raise FormError(_("enter a name for the form"))
    return name


def _list(list_id: int) -> MailingList:
    mailing_list = (
        MailingList.objects.filter(id=list_id, archived_at=None).exclude(origin_state=OriginState.REJECTED).first()
    )
    if mailing_list is None:
        raise FormError(_("choose a list that isn't archived"))
    return mailing_list


def _check_further(content: FormContent, list_id: int) -> None:
    """Raise FormError for lists that aren't the member's to offer, or are offered twice."""
    further = [further_list.list_id for further_list in content.further]
    if len({list_id, *further}) != 1 + len(further):
        raise FormError(_("offer each list once"))
    if len(further) > MAX_FURTHER_LISTS or len(open_list_names(further)) != len(further):
        raise FormError(_("choose a list that isn't archived"))


def _tags(names: Sequence[str]) -> list[str]:
    try:
        return known_once([checked_name(name) for name in names])
    except ListError as error:
        raise FormError(str(error)) from error


def _sender(sender_id: int | None) -> SenderAddress | None:
    if sender_id is None:
        return None
    sender = senders().filter(id=sender_id).first()
    if sender is None:
        raise FormError(_("choose a sender whose domain and mailbox are verified"))
    return sender

"""A customer's templates: write a version, submit it for review, take it back, begin the next one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.domains.models import SenderAddress, SenderDomain
from mailflatrate.apps.domains.queries import proved_domain_names
from mailflatrate.apps.transactional.compiled import SAMPLE_REFERENCE, compile_version, message_values, write_preview
from mailflatrate.apps.transactional.errors import DataNotAccepted, KeyTaken, TemplateStateError, TransactionalError
from mailflatrate.apps.transactional.models import (
    MessageTemplate,
    ReferenceKind,
    TemplateState,
    TemplateVersion,
)
from mailflatrate.apps.transactional.queries import is_proved, is_stream_apart, newest_imprint
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.mail.author_mistakes import all_in_words, in_words
from mailflatrate.mail.content.campaign import SourceFormat
from mailflatrate.mail.content.compiler import CompiledSources, WrittenParts
from mailflatrate.mail.identifiers.mailing_id import new_mailing_id
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.messages.advertising import advertising_hints
from mailflatrate.rules.messages.message_data import DataRefused, check_data, declared_fields
from mailflatrate.rules.roles import Permission

MOST_TEMPLATES: Final = 200
WRITABLE: Final = frozenset({"language", "sender_id", "format", "subject", "content", "purpose", "fields", "sample"})


@transaction.atomic
def create_template(name: str, key: str, *, language: str, by: User) -> TemplateVersion:
    """Create a template with an empty first version. Raises KeyTaken and TransactionalError."""
    require(by, Permission.DRAFT)
    name, key = name.strip()[:120], (slugify(key) or slugify(name))[:60]
    if not name or not key:
        raise TransactionalError(_("Give the template a name, and a key of letters, digits and hyphens."))
    if MessageTemplate.objects.count() >= MOST_TEMPLATES:
        raise TransactionalError(_("You have reached the limit of templates. Delete some first."))
    try:
        with transaction.atomic():
            template = MessageTemplate.objects.create(name=name, key=key, created_by=by)
    except IntegrityError as taken:
        raise KeyTaken(_("Another template already has this key.")) from taken
    return _new_version(template, {"language": language}, by)


def _new_version(template: MessageTemplate, values: Mapping[str, Any], by: User) -> TemplateVersion:
    newest = TemplateVersion.objects.filter(template=template).aggregate(newest=Max("number"))["newest"] or 0
    version = TemplateVersion(
        account_id=template.account_id,
        template=template,
        number=newest + 1,
        mailing_id=new_mailing_id(),
        edited_by=by,
        edited_at=clock.now(),
    )
    for name, value in values.items():
        setattr(version, name, value)
    version.save()
    return version


@transaction.atomic
def begin_version(template_id: int, *, by: User) -> TemplateVersion:
    """What the newest says; the draft if there is one. Raises DoesNotExist; TemplateStateError during a review."""
    require(by, Permission.DRAFT)
    template = MessageTemplate.objects.select_for_update().get(id=template_id)
    newest = TemplateVersion.objects.filter(template=template).order_by("-number").first()
    if newest is not None and newest.state == TemplateState.DRAFT:
        return newest
    if newest is not None and newest.state == TemplateState.SUBMITTED:
        raise TemplateStateError(_("This version is under review. Take it back to change it."))
    values = {name: getattr(newest, name) for name in WRITABLE} if newest is not None else {"language": "en"}
    return _new_version(template, values, by)


@transaction.atomic
def save_draft(version_id: int, values: Mapping[str, Any], *, by: User) -> TemplateVersion:
    """Change a draft. Raises TransactionalError, DataNotAccepted, and TemplateStateError once it was submitted."""
    require(by, Permission.DRAFT)
    version = _locked(version_id, TemplateState.DRAFT)
    unknown = set(values) - WRITABLE
    if unknown:
        raise ValueError(f"not part of a version: {sorted(unknown)}")
    if "format" in values and values["format"] not in {source_format.value for source_format in SourceFormat}:
        raise TransactionalError(_("Choose Markdown, MJML or HTML."))
    sender_id = values.get("sender_id")
    if sender_id is not None and not SenderAddress.objects.filter(id=sender_id).exists():
        raise TransactionalError(_("Choose one of your senders."))
    if "fields" in values:
        try:
            values = {
                **values,
                "fields": [declared_field.as_json() for declared_field in declared_fields(values["fields"])],
            }
        except DataRefused as refused:
            raise DataNotAccepted(refused.problems) from refused
    for name, value in values.items():
        setattr(version, name, value)
    version.edited_by, version.edited_at = by, clock.now()
    version.save()
    return version


def _locked(version_id: int, *states: TemplateState) -> TemplateVersion:
    related = TemplateVersion.objects.select_for_update(of=("self",)).select_related("template", "sender__domain")
    version = related.get(id=version_id)
    if version.state not in states:
        raise TemplateStateError(_("This version was submitted and can't be changed. Begin a new version."))
    return version


def preview(version: TemplateVersion, account_name: str) -> WrittenParts:
    """With its sample data. Raises TransactionalError and DataNotAccepted with everything that is wrong."""
    return write_version(version, account_name).parts


@dataclass(frozen=True, slots=True)
class WrittenVersion:
    sources: CompiledSources
    values: Mapping[str, object]
    parts: WrittenParts


def write_version(version: TemplateVersion, account_name: str) -> WrittenVersion:
    """Compile a version and fill in its sample data. Raises as `preview` does."""
    imprint = newest_imprint()
    if imprint is None:
        raise TransactionalError(_("Fill in your imprint first: it is part of every message."))
    try:
        sample = check_data(declared_fields(version.fields), version.sample, proved=frozenset(proved_domain_names()))
        compiled = compile_version(version, imprint)
        values = message_values(
            version, data=sample, kind=ReferenceKind.ORDER, reference=SAMPLE_REFERENCE, account_name=account_name
        )
        parts = write_preview(compiled, values)
    except DataRefused as refused:
        raise DataNotAccepted(refused.problems) from refused
    except SourceRefused as refused:
        raise TransactionalError(all_in_words(refused.errors, get_language() or ENGLISH)) from refused
    if parts.missing:
        raise TransactionalError(
            _("The sample data lacks what the template prints: %(names)s.") % {"names": ", ".join(parts.missing)}
        )
    if parts.problem is not None:
        raise TransactionalError(in_words(parts.problem, get_language() or ENGLISH))
    return WrittenVersion(compiled.sources, values, parts)


@transaction.atomic
def submit_version(version_id: int, *, account_name: str, by: User) -> TemplateVersion:
    """Freeze it; what may be advertising is noted, and the sender's domain isn't offered to campaigns from then on.
    Raises TransactionalError with what is missing, TemplateStateError unless it is a draft.
    """
    require(by, Permission.DRAFT)
    version = _locked(version_id, TemplateState.DRAFT)
    if not version.subject.strip() or not version.content.strip():
        raise TransactionalError(_("Write a subject and a text first."))
    if not version.purpose.strip():
        raise TransactionalError(_("Say what triggers this message. Our reviewer needs to know."))
    if not is_proved(version.sender) or not is_stream_apart(version.sender):
        raise TransactionalError(
            _("Choose a verified sender on a subdomain from which no campaign was sent, such as service.example.com.")
        )
    written = write_version(version, account_name)
    parts = written.parts
    links = [link.url for link in written.sources.links]
    version.hints = [
        {"kind": hint.kind.value, "passage": hint.passage}
        for hint in advertising_hints((parts.subject, version.content, parts.text.partition("\n-- \n")[0]), links)
    ]
    version.state, version.submitted_by, version.submitted_at = TemplateState.SUBMITTED, by, clock.now()
    version.save(update_fields=["state", "submitted_by", "submitted_at", "hints"])
    domains = SenderDomain.objects.filter(addresses=version.sender_id, transactional_since=None)
    domains.update(transactional_since=version.submitted_at)
    _record("transactional.submitted", version, by)
    return version


@transaction.atomic
def take_back(version_id: int, *, by: User) -> TemplateVersion:
    """Make a submitted version a draft again. Raises TemplateStateError once it was decided."""
    require(by, Permission.DRAFT)
    version = _locked(version_id, TemplateState.SUBMITTED)
    version.state, version.submitted_by, version.submitted_at = TemplateState.DRAFT, None, None
    version.save(update_fields=["state", "submitted_by", "submitted_at"])
    _record("transactional.taken_back", version, by)
    return version


@transaction.atomic
def delete_template(template_id: int, *, by: User) -> None:
    """Delete a template that was never submitted. Raises TemplateStateError otherwise: its messages name it."""
    require(by, Permission.DRAFT)
    template = MessageTemplate.objects.select_for_update().get(id=template_id)
    if TemplateVersion.objects.filter(template=template).exclude(state=TemplateState.DRAFT).exists():
        raise TemplateStateError(_("This template was submitted before, so it stays as evidence of what was sent."))
    template.delete()


def _record(event: str, version: TemplateVersion, by: User) -> None:
    audit.record(
        event,
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"template_version:{version.id}",
        details={"template": version.template.key, "version": version.number},
    )

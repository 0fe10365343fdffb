"""What a version of a template compiles to: once per imprint, in a child process, sealed (ADR 0010)."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Imprint
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.content.child_compiler import CompiledCampaign, compile_in_child, parts_in_child
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import ReferenceKind, TemplateEdition, TemplateVersion, TransactionalMessage
from mailflatrate.locale.texts import ENGLISH, N_, known_language, translate
from mailflatrate.mail.author_mistakes import all_in_words, in_words
from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat
from mailflatrate.mail.content.compiler import CompiledSources, WrittenParts
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.imprint import imprint_from_mapping, imprint_lines
from mailflatrate.rules.messages.message_content import ReviewedContent, judge_finished, reviewed_content
from mailflatrate.rules.messages.message_data import declared_fields, printed_data, variable_names

_REASON: Final = N_(
    "This email is about {{ reference.kind }} {{ reference.number }} at {{ account.name }}. You get it for that "
    "reason, whether or not you subscribed to anything. It contains no advertising."
)
_KINDS: Final = {
    ReferenceKind.ORDER: N_("order"),
    ReferenceKind.INVOICE: N_("invoice"),
    ReferenceKind.BOOKING: N_("booking"),
    ReferenceKind.ACCOUNT: N_("account"),
    ReferenceKind.TICKET: N_("ticket"),
}
SAMPLE_REFERENCE: Final = "4711"
_OWN_VARIABLES: Final = frozenset({"reference.kind", "reference.number", "account.name", "mailing_id"})
_OF_FOOTER: Final = _OWN_VARIABLES | {"not_me_url"}


def compile_version(version: TemplateVersion, imprint: Imprint) -> CompiledCampaign:
    """Compile a version under an imprint. Raises SourceRefused with every mistake and its line."""
    fields = declared_fields(version.fields)
    context = CompileContext(
        imprint=_footer(version, imprint),
        known_variables=_OF_FOOTER | set(variable_names(fields)),
        brand=brand_style(),
        language=version.language,
    )
    source = ContentSource(kind=SourceFormat(version.format), body=version.content, subject=version.subject)
    return compile_in_child(source, context)


def _footer(version: TemplateVersion, imprint: Imprint) -> FooterImprint:
    structured = imprint_from_mapping({**imprint.fields, "country": imprint.country})
    return FooterImprint(
        lines=tuple(
            FooterLine(line.label, line.text)
            for line in imprint_lines(structured, version.language)
            if line.key != "privacy_url"
        ),
        reason=translate(_REASON, version.language),
        mailing_id=version.mailing_id,
        language=known_language(version.language),
        privacy_url=structured.privacy_url or None,
        is_transactional=True,
        style=brand_style().imprint,
    )


def edition_of(version: TemplateVersion, imprint: Imprint) -> TemplateEdition:
    """Return what a frozen version compiles to under an imprint; compiled once. Raises SourceRefused."""
    edition = TemplateEdition.objects.filter(version=version, imprint=imprint).first()
    if edition is not None:
        return edition
    sources = compile_version(version, imprint).sources
    made = TemplateEdition(
        account_id=version.account_id,
        version=version,
        imprint=imprint,
        subject=sources.subject,
        html=sources.html,
        text=sources.text,
    )
    made.seal = made.make_seal()
    kept, _made = TemplateEdition.objects.get_or_create(
        account_id=version.account_id,
        version=version,
        imprint=imprint,
        defaults={"subject": made.subject, "html": made.html, "text": made.text, "seal": made.seal},
    )
    return kept


def message_values(
    version: TemplateVersion, *, data: Mapping[str, Any], kind: str, reference: str, account_name: str
) -> dict[str, object]:
    fields = declared_fields(version.fields)
    return {
        "data": printed_data(fields, data, version.language),
        "reference": {"kind": translate(_KINDS[ReferenceKind(kind)], version.language), "number": reference},
        "account": {"name": account_name},
        "mailing_id": version.mailing_id,
    }


def write_preview(compiled: CompiledCampaign, values: Mapping[str, object]) -> WrittenParts:
    return parts_in_child(compiled, {**values, "not_me_url": "#"})


def check_rendering(edition: TemplateEdition, values: Mapping[str, object], allowed: Collection[str]) -> None:
    """Judged unsent. `allowed`: the recipient's address, and values checked before. Raises TransactionalError."""
    language = get_language() or ENGLISH
    parts = render_message(edition, values)
    findings = judge_finished(_reviewed(edition), parts.subject, parts.html, parts.text, allowed)
    if findings:
        raise TransactionalError(" ".join(finding.sentence(language) for finding in findings))


def render_message(edition: TemplateEdition, values: Mapping[str, object]) -> WrittenParts:
    """Return a message's parts as its reader gets them. Raises TransactionalError."""
    language = get_language() or ENGLISH
    sources = CompiledSources(edition.subject, edition.html, edition.text, ())
    nothing = FooterImprint((), reason="", mailing_id="", language=ENGLISH)
    try:
        parts = write_preview(CompiledCampaign(sources, nothing), values)
    except SourceRefused as refused:
        raise TransactionalError(all_in_words(refused.errors, language)) from refused
    if parts.missing:
        names = ", ".join(parts.missing)
        raise TransactionalError(_("The template prints values that are empty: %(names)s.") % {"names": names})
    if parts.problem is not None:
        raise TransactionalError(in_words(parts.problem, language))
    return parts


def sent_parts(message: TransactionalMessage) -> WrittenParts:
    """Return what the reader of a message got, while its data are kept. Raises TransactionalError and VaultError."""
    values = message_values(
        message.edition.version,
        data=message.open_data(),
        kind=message.reference_kind,
        reference=message.reference,
        account_name=current_account().name,
    )
    return render_message(message.edition, values)


_REVIEWED: Final[dict[bytes, ReviewedContent]] = {}
_MOST_REVIEWED: Final = 100


def _reviewed(edition: TemplateEdition) -> ReviewedContent:
    seal, version = bytes(edition.seal), edition.version
    if seal not in _REVIEWED:
        values = message_values(
            version,
            data=version.sample,
            kind=ReferenceKind.ORDER,
            reference=SAMPLE_REFERENCE,
            account_name=current_account().name,
        )
        sample = render_message(edition, values)
        while len(_REVIEWED) >= _MOST_REVIEWED:
            _REVIEWED.pop(next(iter(_REVIEWED)), None)
        contents = (edition.subject, edition.html, edition.text), (sample.subject, sample.html, sample.text)
        _REVIEWED[seal] = reviewed_content(contents)
    return _REVIEWED[seal]

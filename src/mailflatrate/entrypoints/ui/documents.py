"""Agreements as readable pages: Markdown to HTML."""

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from mailflatrate.apps.accounts.models import AgreementDocument, AgreementKind
from mailflatrate.apps.accounts.queries import current_documents

_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def markdown_html(text: str) -> SafeString:
    """Convert Markdown to HTML; raw HTML in it is shown as text."""
    return mark_safe(str(_MARKDOWN.render(text)))  # noqa: S308  the renderer lets no HTML through


def document_html(document: AgreementDocument) -> SafeString:
    return markdown_html(document.text.partition("\n")[2])


def policy_in_force(language: str) -> AgreementDocument | None:
    return next(
        (
            current_document
            for current_document in current_documents(language)
            if current_document.kind == AgreementKind.POLICY
        ),
        None,
    )

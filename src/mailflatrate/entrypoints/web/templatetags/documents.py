"""Agreements in templates."""

from django import template
from django.utils.safestring import SafeString

from mailflatrate.apps.accounts.models import AgreementDocument
from mailflatrate.entrypoints.web.documents import document_html

register = template.Library()


@register.filter
def readable(document: AgreementDocument) -> SafeString:
    """Return the text of a document below its title, as HTML."""
    return document_html(document)

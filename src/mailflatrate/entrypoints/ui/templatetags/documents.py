"""Agreements in templates."""

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from mailflatrate.apps.accounts.models import AgreementDocument
from mailflatrate.apps.accounts.queries import acceptance_time
from mailflatrate.entrypoints.ui.documents import document_html

register = template.Library()


@register.filter
def readable(document: AgreementDocument) -> SafeString:
    return document_html(document)


@register.filter
def accepted_at(document: AgreementDocument) -> datetime | None:
    """Return when this version of a document was last accepted for the current account; None if it wasn't."""
    return acceptance_time(document)

"""Service messages: `templates/<app>/mail/<name>.txt`, plain text with our tags on lines of their own, becomes a
subject and a marked text, from which both parts are made.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.template import Context, Engine
from django.utils import translation

from mailflatrate.mail.message import service_text
from mailflatrate.settings import load_settings

Facts = Mapping[str, Any]
_BLANK_LINES = re.compile(r"\n{3,}")


class Passage(str):
    """Text that a person wrote, possibly on several lines, for `{% quote %}`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ServiceMail:
    """A message in one language; `text` has marks (`mail/message/service_text.py`)."""

    subject: str
    text: str
    language: str


def write_mail(template: str, facts: Facts | Callable[[], Facts], language: str) -> ServiceMail:
    """Facts that depend on the language are functions or lazy strings. Raises TemplateDoesNotExist."""
    settings = load_settings()
    with translation.override(language):
        given = facts() if callable(facts) else facts
        values = {"service": settings.service_name, "studio_url": f"{settings.public_url}/studio/", **given}
        context = Context({name: _cleaned(value) for name, value in values.items()}, autoescape=False)
        text = _engine().get_template(f"{template}.txt").render(context)
    body = _BLANK_LINES.sub("\n\n", text.strip(" \n"))
    return ServiceMail(context["service_mail"]["subject"], service_text.of_template(f"{body}\n"), language)


def _cleaned(value: Any) -> Any:
    """Return a value that can neither mark nor break a line; a Passage keeps its lines."""
    if value is None or isinstance(value, bool | int | date):
        return value
    if isinstance(value, Passage):
        return service_text.clean(value, lines=True)
    if isinstance(value, Mapping):
        return {name: _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return service_text.clean(str(value))


@cache
def _engine() -> Engine:
    return Engine(
        app_dirs=True,
        autoescape=False,
        builtins=["django.templatetags.i18n", "mailflatrate.apps.accounts.templatetags.service_mail"],
    )

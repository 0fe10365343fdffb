"""Languages of pages: those the studio is translated into, and those offered only to recipients."""

from django.http import HttpRequest
from django.utils.translation import gettext

from mailflatrate.locale.formats import complete_languages, formats_of
from mailflatrate.locale.texts import languages

_FOR_RECIPIENTS = "mailflatrate.entrypoints.public."


def interface_languages() -> list[tuple[str, str]]:
    return [(code, gettext(formats_of(code).name)) for code in complete_languages()]


def is_for_recipients(module: str) -> bool:
    return f"{module}.".startswith(_FOR_RECIPIENTS)


def page_languages(request: HttpRequest) -> list[str]:
    match = request.resolver_match
    if match is not None and is_for_recipients(match.func.__module__):
        return list(languages())
    return complete_languages()

"""The icon of the service. Browsers request `/favicon.ico` for each document that links to none, such as a message."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" rx="8" fill="#005c5a"/>'
    '<path d="M7 10.5h14v8.5H7zm0 .5 7 5 7-5" fill="none" stroke="#fff" stroke-width="1.6" stroke-linejoin="round"/>'
    "</svg>"
)


@require_safe
def icon(_request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(ICON, content_type="image/svg+xml")
    answer.headers["Cache-Control"] = "public, max-age=604800"
    return answer

"""What every page's frame needs to know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Service name, theme, and (inside the studio) the account and its navigation."""
    return {
        "service_name": settings.SETTINGS.service_name,
        "theme": request.COOKIES.get("theme", "system"),
        "languages": settings.LANGUAGES,
        "demo": settings.SETTINGS.demo,
    }

"""Icons: Lucide drawings at 16 px, stroke 1.75, which the front-end build copies into `static/dist/icons.json`."""

import json
from functools import cache, lru_cache
from pathlib import Path

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

DRAWINGS_PATH = Path(__file__).resolve().parents[3] / "static" / "dist" / "icons.json"


@cache
def drawings() -> dict[str, str]:
    """Return the inner SVG markup by icon name. Raises `TemplateSyntaxError` when the front end has not been built."""
    try:
        shapes: dict[str, str] = json.loads(DRAWINGS_PATH.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise template.TemplateSyntaxError(
            "The front end is not built: run `npm ci && npm run build` in frontend/."
        ) from None
    return shapes


@register.simple_tag
def icon(name: str, size: int | str = 16, css: str = "", label: str = "") -> SafeString:
    """`size` in px; `label` is read aloud. Raises `TemplateSyntaxError` for a name not in `frontend/icons.json`."""
    return _drawn(name, size, css, label)


@lru_cache(maxsize=1024, typed=True)  # a page has dozens; by type, because markup that is safe is not escaped
def _drawn(name: str, size: int | str, css: str, label: str) -> SafeString:
    drawing = drawings().get(name)
    if drawing is None:
        raise template.TemplateSyntaxError(
            f"No icon is named {name!r}: add its Lucide name to frontend/icons.json and build the front end again."
        )
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon {}" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-linecap="round" stroke-linejoin="round" focusable="false" {}>{}</svg>',
        css,
        size,
        size,
        meaning,
        mark_safe(drawing),  # noqa: S308 - written by our own build, never by a user
    )

"""What a page was drawn with. For the test client to note that for each template takes a twentieth of every page."""

from typing import Any

from django.template.base import Template
from django.test import Client
from django.test.utils import instrumented_test_render

_DRAW = Template._render


def note_no_contexts() -> None:
    """Draw templates as in production, after `setup_test_environment`."""
    Template._render = _DRAW  # type: ignore[method-assign]


def drawn_context(client: Client, path: str, *, follow: bool = False) -> Any:
    """Get a page, with `follow` the one that it leads to, and return the context of its templates."""
    Template._render = instrumented_test_render  # type: ignore[method-assign]
    try:
        answer = client.get(path, follow=follow)
    finally:
        note_no_contexts()
    assert answer.status_code == 200, answer.content
    return answer.context

"""The icon that browsers request for documents without a link to one."""

from django.test import Client


def test_documents_without_an_icon_of_their_own_get_ours() -> None:
    answer = Client().get("/favicon.ico")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert answer.content.startswith(b"<svg ")
    assert "max-age" in answer.headers["Cache-Control"]

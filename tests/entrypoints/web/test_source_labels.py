"""Ledger notes in words: readers of a page see none of our internal codes."""

import pytest
from django.utils import translation

from mailflatrate.entrypoints.ui.source_labels import source_word


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("report page", "über die Meldeseite"),
        ("report 7, proved by mail", "durch eine per E-Mail bestätigte Meldung"),
        ("raw mail 12", "durch eine zurückgekommene E-Mail"),
        ("delivery 4", "durch die Antwort eines Mailservers"),
        ("unsubscribe page of delivery 1950", "über die Abmeldeseite"),
        ("rights page of delivery 3", "über die Seite „Ihre Daten“"),
        ("privacy request 9", "auf eigenen Wunsch der Person"),
        ("confirmed sign-up 5", "durch eine bestätigte Anmeldung"),
        ("campaign 3: asked, no answer (R-91)", "gefragt, ob sie bleiben möchte, keine Antwort"),
        ("https://lindenhof.example/kasse", "https://lindenhof.example/kasse"),
        ("a report page of somebody", "a report page of somebody"),
    ],
)
def test_notes(note: str, said: str) -> None:
    with translation.override("de"):
        assert source_word(note) == said

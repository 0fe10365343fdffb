"""In which language somebody is answered."""

import pytest

from mailflatrate.apps.abuse.actions.intake import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ich habe mich nicht angemeldet, bitte keine Mails mehr.", "de"),
        ("I never signed up for this. Please stop.", "en"),
        ("Je ne me suis jamais inscrit, merci de ne plus m\u2019écrire.", "fr"),
        ("STOP", "xx"),
        ("", "xx"),
    ],
)
def test_the_small_words_tell(text: str, language: str) -> None:
    assert language_of(text, "xx") == language

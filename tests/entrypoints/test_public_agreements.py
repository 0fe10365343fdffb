"""Anyone can read the anti-spam policy and the terms before they apply."""

import pytest
from django.test import Client

pytestmark = pytest.mark.usefixtures("database")


def test_agreements_can_be_read_before_applying() -> None:
    start = Client().get("/apply/").content.decode()
    assert 'href="/apply/agreements/"' in start
    page = Client().get("/apply/agreements/")
    assert page.status_code == 200
    text = page.content.decode()
    for kind in ("terms", "anti_spam_policy", "data_processing"):
        assert f'id="{kind}"' in text
    assert "double opt-in" in text.casefold()


def test_agreements_are_shown_in_the_language_of_the_reader() -> None:
    assert 'lang="de"' in Client(headers={"accept-language": "de"}).get("/apply/agreements/").content.decode()

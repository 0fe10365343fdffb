"""An expired session: no one loses text without being told, and everyone returns to where they were."""

import pytest
from django.test import Client

from support.customers import sending_customer

pytestmark = pytest.mark.usefixtures("database")

HOST = "http://testserver"


def test_a_page_is_opened_again_after_the_sign_in() -> None:
    answer = Client().get("/studio/contacts/?q=dora")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/?next=/studio/contacts/%3Fq%3Ddora"


@pytest.mark.parametrize("place", ["/studio/lists/1/archive/", "/desk/accounts/2/strike/"])
def test_a_form_that_came_too_late_leads_back_to_its_page_and_says_so(place: str) -> None:
    """The form's own URL shows nothing to someone who returns to it."""
    visitor = Client()
    answer = visitor.post(place, HTTP_REFERER=f"{HOST}/studio/lists/1/")
    assert answer.headers["Location"] == "/login/?next=/studio/lists/1/"
    assert "nothing was saved" in visitor.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize("origin", ["https://elsewhere.example/", "javascript:alert(1)", ""])
def test_nobody_is_led_elsewhere(origin: str) -> None:
    answer = Client().post("/studio/lists/1/archive/", HTTP_REFERER=origin)
    assert answer.headers["Location"] == "/login/?next=/studio/"


def test_a_part_of_a_page_is_refused_and_the_whole_page_goes_to_the_sign_in() -> None:
    """The sign-in page is no answer: the browser would take the draft for saved and forget it."""
    here = f"{HOST}/studio/campaigns/1/edit/"
    answer = Client().post("/studio/campaigns/1/edit/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=here)
    assert answer.status_code == 401
    assert answer.content == b""
    assert answer.headers["HX-Redirect"] == "/login/?next=%2Fstudio%2Fcampaigns%2F1%2Fedit%2F"


def test_after_the_sign_in_one_is_back_where_one_was() -> None:
    anna = sending_customer().owner
    anna.set_password("winterzwiebeln")
    anna.save()
    visitor = Client()
    later = visitor.post("/studio/lists/new/", HTTP_REFERER=f"{HOST}/studio/lists/new/").headers["Location"]
    assert later == "/login/?next=/studio/lists/new/"
    form = {"login": anna.email, "password": "winterzwiebeln", "next": "/studio/lists/new/"}
    assert visitor.post("/login/", form).headers["Location"] == "/studio/lists/new/"

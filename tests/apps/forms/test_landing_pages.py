"""A form's landing page: drafted, published, signed up on with exact proof, taken down, and nobody else's business."""

from dataclasses import dataclass

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status
from mailflatrate.apps.accounts.models import AccountStatus, Role
from mailflatrate.apps.forms.actions.form_edits import new_code
from mailflatrate.apps.forms.figures import placement_figures
from mailflatrate.apps.forms.models import Form, LandingPage, LandingTakedown, LandingVersion
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.signup.builder import draft_as_published
from mailflatrate.entrypoints.studio.signup.landing import starting_source
from support.desk import desk
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.people import browser, operator, person
from support.scope import rows, within


@dataclass(frozen=True)
class Landing:
    """Anna's form with a landing page."""

    form: FormCustomer

    @property
    def here(self) -> str:
        return f"/studio/forms/{self.form.form_id}/landing/"

    @property
    def page(self) -> LandingPage:
        return rows(self.form, LandingPage).select_related("current").get(form_id=self.form.form_id)

    @property
    def url(self) -> str:
        return f"/l/{self.page.code}/"

    def draft(self, **changes: str) -> dict[str, str]:
        with tenancy.account(self.form.account_id):
            source = starting_source(draft_as_published(Form.objects.get(id=self.form.form_id)), "en")
        said = {"title": "Tulips by post", "description": "News for gardeners.", "picture": "", "language": "en"}
        return {**said, "content": source, **changes}

    def save(self, client: Client | None = None, **changes: str) -> HttpResponse:
        answer = (client or self.form.anna.client).post(self.here, self.draft(**changes))
        assert isinstance(answer, HttpResponse)
        return answer

    def press(self, button: str, client: Client | None = None) -> str:
        user = client or self.form.anna.client
        answer = user.post(f"{self.here}{button}/")
        assert answer.status_code in (303, 422), answer.content
        return user.get(self.here).content.decode()

    def seen(self) -> int:
        return Client().get(self.url).status_code


@pytest.fixture
def landing() -> Landing:
    found = Landing(customer_with_form())
    assert found.save().status_code == 303
    return found


def test_what_is_published_is_seen_and_signed_up_on_with_its_own_proof(landing: Landing) -> None:
    assert landing.seen() == 404, "a draft is nobody's to see"
    assert "Published. Share the link" in landing.press("publish")
    answer = Client().get(landing.url)
    page = answer.content.decode()
    assert "noindex" not in page
    assert '<meta name="description" content="News for gardeners.">' in page
    assert f'<link rel="canonical" href="https://localhost:8443{landing.url}">' in page
    assert 'id="imprint"' in page
    assert page.count("&lt;h1") == 1
    assert "<h1" not in page
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "https:" not in policy
    assert answer.cookies == {}
    email, client = fresh_address(), Client(enforce_csrf_checks=True, REMOTE_ADDR="198.51.100.9")
    refused = client.post(landing.url, {"email": email, "version": "1"})
    assert refused.status_code == 422
    assert 'srcdoc="' in refused.content.decode()
    role = client.post(landing.url, {"email": "info@briefkasten-lindenhof.de", "consent": "yes", "version": "1"})
    assert role.status_code == 422
    taken = client.post(landing.url, {"email": email, "consent": "yes", "version": "1", "placement": "landing"})
    assert taken.status_code == 303
    (mail,) = landing.form.send()
    landing.form.confirm(mail)
    proof = landing.form.events(email)[-1].evidence
    assert proof.source == f"https://localhost:8443{landing.url}?version=1"
    assert (proof.signup_ip, proof.details["placement"]) == ("198.51.100.9", "landing")
    (figures,) = within(landing.form, placement_figures, landing.form.form_id)
    assert (figures.placement, figures.signups, figures.confirmed) == ("landing", 1, 1)


def test_a_version_stays_and_unpublishing_hides_the_page(landing: Landing) -> None:
    landing.press("publish")
    landing.save(title="Roses by post")
    assert "Tulips by post" in Client().get(landing.url).content.decode(), "visitors see what was published"
    landing.press("publish")
    assert "Roses by post" in Client().get(landing.url).content.decode()
    assert list(rows(landing.form, LandingVersion).order_by("number").values_list("number", flat=True)) == [1, 2]
    landing.press("unpublish")
    assert landing.seen() == 404
    landing.press("publish")
    assert landing.seen() == 200
    assert rows(landing.form, LandingVersion).count() == 2, "the same page again is the same version"


def test_what_is_missing_is_named(landing: Landing) -> None:
    whole = landing.draft()["content"]
    for changes, said in (
        ({"title": ""}, "Enter a title under Page"),
        ({"description": " "}, "Enter a description under Page"),
        ({"content": whole.replace("</mj-body>", PICTURE)}, "Upload every image to Media"),
        ({"content": whole.replace("</mj-body>", FIELD)}, "contact.first_name"),
    ):
        landing.save(**changes)
        assert said in landing.form.anna.client.get(landing.here).content.decode(), changes
        assert "Not published" in landing.press("publish")
        assert landing.seen() == 404
    assert landing.save(language="fr").status_code == 422
    assert landing.save(title="x" * 71).status_code == 422


def block(inside: str) -> str:
    return f"<mj-section><mj-column>{inside}</mj-column></mj-section></mj-body>"


PICTURE = block('<mj-image src="https://eve.example/x.png" alt="x"></mj-image>')
FIELD = block("<mj-text>{{ contact.first_name }}</mj-text>")


def test_an_operator_takes_it_down_and_an_account_that_may_not_send_has_none(landing: Landing) -> None:
    landing.press("publish")
    otto = desk()
    assert "Tulips by post" in otto.page("landing-pages/")
    down = f"/desk/landing-pages/{landing.page.id}/take-down/"
    assert otto.client.post(down, {"reason": ""}).status_code == 422
    assert landing.seen() == 200
    assert otto.client.post(down, {"reason": "It copies the page of a bank."}).status_code == 303
    assert landing.seen() == 404
    assert "It copies the page of a bank." in landing.press("publish")
    assert landing.seen() == 404, "its customer can't bring it back"
    copy = same_page_of_another_form(landing)
    assert "Until that is settled, no page can be published" in landing.press("publish")
    assert Client().get(f"/l/{copy}/").status_code == 404, "nor under another form"
    restore = down.replace("take-down", "restore")
    assert otto.client.post(restore, {"reason": "It is their own bank."}).status_code == 303
    assert landing.seen() == Client().get(f"/l/{copy}/").status_code == 200
    change_account_status(landing.form.account_id, AccountStatus.SUSPENDED, Reasons("spam", text="x"), by=operator())
    assert landing.seen() == 404


def same_page_of_another_form(landing: Landing) -> str:
    """Publish what a page shows on another one of the account; return its code. The pages don't offer this."""
    with tenancy.account(landing.form.account_id):
        shown, other = landing.page.current, Form.objects.get(id=landing.form.form_id)
        assert shown is not None
        other.pk, other.code = None, new_code()
        other.save(force_insert=True)
        page = LandingPage.objects.create(form=other, code=new_code(), draft=landing.page.draft)
        page.current = LandingVersion.objects.create(
            page=page, number=1, content=shown.content, sha256=shown.sha256, seal=shown.seal, published_at=clock.now()
        )
        page.is_published = True
        page.save()
    return page.code


def test_strangers(landing: Landing) -> None:
    landing.press("publish")
    carla, viewer = customer_with_form(), browser(person(landing.form.account_id, "Vera", Role.VIEWER))
    for path in ("", "preview/"):
        assert carla.anna.client.get(f"{landing.here}{path}").status_code == 404
        assert viewer.get(f"{landing.here}{path}").status_code == 200
    for path in ("", "publish/", "unpublish/"):
        assert carla.anna.client.post(f"{landing.here}{path}", landing.draft()).status_code == 404
        assert viewer.post(f"{landing.here}{path}", landing.draft()).status_code == 403
    assert landing.form.anna.client.post(f"/desk/landing-pages/{landing.page.id}/restore/").status_code in (
        302,
        403,
        404,
    )
    assert landing.seen() == 200
    page = landing.page
    assert not rows(carla, LandingPage).filter(id=page.id).update(is_published=False)
    with pytest.raises(DatabaseError, match="permission denied"), tenancy.account(landing.form.account_id):
        LandingTakedown.objects.create(page=page, reason="x")
    with tenancy.account(landing.form.account_id):
        assert page.current is not None
        forged = {**page.current.content, "html": "<p>Your bank</p>"}
        version = LandingVersion.objects.create(
            page=page, number=9, content=forged, sha256="0" * 64, seal=b"x" * 32, published_at=page.created_at
        )
        LandingPage.objects.filter(id=page.id).update(current=version)
    assert landing.seen() == 404, "content that this service didn't compile isn't shown"

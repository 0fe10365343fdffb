"""The pages that recipients reach from a mail: who may do what without signing in."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.inbound.models import Feedback
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.public.web_version import MESSAGE_POLICY
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.customers import Customer, sending_customer

pytestmark = pytest.mark.usefixtures("database")

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b1"
MULTIPART_BODY = '--b1\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b1--\r\n'
BUDGET_BYTES = 30_000


@dataclass(frozen=True)
class Letter:
    """Dora's message: whose it is, and the tokens in it."""

    anna: Customer
    delivery_id: int
    mailing_id: str

    def token(self, purpose: TokenPurpose) -> str:
        return key_ring().seal(purpose, self.anna.account_id, self.delivery_id)

    def url(self, kind: str, purpose: TokenPurpose) -> str:
        return f"/{kind}/{self.token(purpose)}"

    @property
    def unsubscribe_url(self) -> str:
        return self.url("u", TokenPurpose.UNSUBSCRIBE)

    def states(self) -> list[str]:
        with tenancy.account(self.anna.account_id):
            return list(self.subscriptions().order_by("mailing_list_id").values_list("state", flat=True))

    def subscriptions(self) -> QuerySet[Subscription]:
        """Dora's; read them in the scope of her sender's account."""
        return Subscription.objects.filter(contact_id=Delivery.objects.get(id=self.delivery_id).contact_id)

    def traces(self) -> tuple[int, int, int]:
        """What any act of a reader would leave behind."""
        with tenancy.account(self.anna.account_id):
            return ConsentEvent.objects.count(), Feedback.objects.count(), Click.objects.count()


@pytest.fixture(scope="module")
def letters(database: str) -> Iterator[Letter]:
    """The messages of one campaign; no two tests get the same."""
    assert database

    def one_by_one() -> Iterator[Letter]:
        while True:
            anna = sending_customer(people=30)
            campaign = anna.sending("Winter bulbs")
            with tenancy.account(anna.account_id):
                deliveries = list(Delivery.objects.filter(campaign_id=campaign.id))
            yield from [Letter(anna, delivery.id, campaign.mailing_id) for delivery in deliveries]

    return one_by_one()


@pytest.fixture
def letter(letters: Iterator[Letter]) -> Letter:
    return next(letters)


def stranger() -> Client:
    """A browser that was never here, and that refuses what lacks a CSRF token."""
    return Client(enforce_csrf_checks=True)


def text(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(letter: Letter, method: str) -> None:
    before = letter.traces()
    for url in (
        letter.unsubscribe_url,
        letter.url("p", TokenPurpose.PREFERENCES),
        letter.url("w", TokenPurpose.ARCHIVE),
        f"/help/{letter.mailing_id}",
    ):
        answer = getattr(stranger(), method)(url)
        assert answer.status_code in ((200,) if method != "options" else (204, 405))
        assert not answer.cookies, url
    assert letter.traces() == before
    assert letter.states() == ["confirmed"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, "List-Unsubscribe=One-Click"),
        (f"{FORM}; charset=UTF-8", "List-Unsubscribe=One-Click"),
        (FORM, "List-Unsubscribe=One-Click&other=field"),
        (MULTIPART, MULTIPART_BODY),
    ],
)
def test_one_click_of_a_provider(letter: Letter, content_type: str, body: str) -> None:
    client = stranger()
    for _again in range(2):  # Gmail posts twice
        answer = client.post(
            letter.unsubscribe_url, body, content_type=content_type, headers={"Origin": "https://gmx.example"}
        )
        assert answer.status_code == 200, "a provider follows no redirect (RFC 8058 section 3.1)"
        assert answer.content == b""
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert not answer.cookies
    assert letter.states() == ["unsubscribed"]
    with tenancy.account(letter.anna.account_id):
        assert Feedback.objects.filter(kind="unsubscribe", delivery_id=letter.delivery_id).count() == 1
        subscription = letter.subscriptions().get()
        withdrawn = ConsentEvent.objects.filter(kind="withdrawn", contact_id=subscription.contact_id)
        assert (withdrawn.count(), subscription.unsubscribed_by) == (1, "one_click")


def test_a_webmailer_may_ask_before_it_posts(letter: Letter) -> None:
    answer = stranger().options(letter.unsubscribe_url, headers={"Origin": "https://gmx.example"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert letter.states() == ["confirmed"]


def test_the_button_of_the_page(letter: Letter) -> None:
    page = text(stranger().get(letter.unsubscribe_url))
    assert "News from Lindenhof" in page
    assert "Gärtnerei Lindenhof" in page
    assert "lindenhof.example" in page, "why the person gets mail (R-51)"
    answer = stranger().post(letter.unsubscribe_url, {"scope": "list"})
    assert "You've unsubscribed" in text(answer)
    assert letter.states() == ["unsubscribed"]
    with tenancy.account(letter.anna.account_id):
        assert letter.subscriptions().get().unsubscribed_by == "link"


def test_the_button_for_everything_reaches_every_list(letter: Letter) -> None:
    with tenancy.account(letter.anna.account_id):
        second = create_list("Offers", "Offers of Lindenhof", "en")
        delivery = Delivery.objects.select_related("contact").get(id=letter.delivery_id)
        first = Subscription.objects.get(contact_id=delivery.contact_id)
        Subscription.objects.create(
            mailing_list=second,
            contact=delivery.contact,
            state="confirmed",
            consent_event_id=first.consent_event_id,
            confirmed_at=first.confirmed_at,
        )
    answer = stranger().post(letter.unsubscribe_url, {"scope": "all"})
    assert "Gärtnerei Lindenhof" in text(answer)
    assert letter.states() == ["unsubscribed", "unsubscribed"]


def test_preferences_keep_what_is_ticked(letter: Letter) -> None:
    url = letter.url("p", TokenPurpose.PREFERENCES)
    page = text(stranger().get(url))
    assert "checked" in page
    list_id = str(letter.anna.list_id)
    assert "Saved" in text(stranger().post(url, {"keep": [list_id], "language": "en"}))
    assert letter.states() == ["confirmed"]
    assert "no longer on any list from" in text(stranger().post(url, {"language": "en"}))
    assert letter.states() == ["unsubscribed"]


def test_preferences_add_nothing(letter: Letter) -> None:
    with tenancy.account(letter.anna.account_id):
        other = create_list("Offers", "Offers of Lindenhof", "en")
    stranger().post(
        letter.url("p", TokenPurpose.PREFERENCES), {"keep": [str(letter.anna.list_id), str(other.id)], "language": "en"}
    )
    assert letter.states() == ["confirmed"], "joining needs double opt-in"


def test_tokens_open_only_what_they_were_sealed_for(letter: Letter) -> None:
    wanted = {
        "u": TokenPurpose.UNSUBSCRIBE,
        "p": TokenPurpose.PREFERENCES,
        "w": TokenPurpose.ARCHIVE,
        "c": TokenPurpose.CLICK,
    }
    before = letter.traces()
    for kind, right in wanted.items():
        for purpose in set(TokenPurpose) - {right}:
            assert stranger().get(letter.url(kind, purpose)).status_code == 404, (kind, purpose)
            if kind in ("u", "p"):
                assert stranger().post(letter.url(kind, purpose), {"scope": "all"}).status_code == 404
    assert letter.traces() == before


@pytest.mark.parametrize("kind", ["u", "p", "w", "c"])
def test_forged_tokens_are_not_found(letter: Letter, kind: str) -> None:
    genuine = letter.token(
        {
            "u": TokenPurpose.UNSUBSCRIBE,
            "p": TokenPurpose.PREFERENCES,
            "w": TokenPurpose.ARCHIVE,
            "c": TokenPurpose.CLICK,
        }[kind]
    )
    changed = ("b" if genuine[0] == "a" else "a") + genuine[1:]
    for token in (changed, genuine[:-1], genuine + "a", "a" * 32, "%00", "ä" * 32):
        assert stranger().get(f"/{kind}/{token}").status_code == 404, token
        if kind in ("u", "p"):
            body = "List-Unsubscribe=One-Click"
            assert stranger().post(f"/{kind}/{token}", body, content_type=FORM).status_code == 404
    assert letter.states() == ["confirmed"]


def test_a_token_of_another_account_does_not_open_this_one(letter: Letter) -> None:
    other = sending_customer(people=0)
    token = key_ring().seal(TokenPurpose.UNSUBSCRIBE, other.account_id, letter.delivery_id)
    assert stranger().post(f"/u/{token}", {"scope": "all"}).status_code == 404
    assert letter.states() == ["confirmed"]


def test_case_does_not_matter_to_a_token(letter: Letter) -> None:
    token = letter.token(TokenPurpose.UNSUBSCRIBE)
    assert stranger().get(f"/u/{token.upper()}").status_code == 200, "mail systems on the way change it"


def test_the_web_view_is_the_letter_itself(letter: Letter) -> None:
    answer = stranger().get(letter.url("w", TokenPurpose.ARCHIVE))
    page = text(answer)
    assert "Hello" in page
    assert "Lindenhof GmbH" in page, "the imprint belongs to it (R-44)"
    assert answer.headers["Content-Security-Policy"] == MESSAGE_POLICY
    assert "script" not in MESSAGE_POLICY
    assert "default-src 'none'" in MESSAGE_POLICY


def test_a_click_is_counted_and_leads_to_the_link_as_written(letter: Letter) -> None:
    from mailflatrate.apps.campaigns.models import Edition

    with tenancy.account(letter.anna.account_id):
        delivery = Delivery.objects.get(id=letter.delivery_id)
        edition = Edition.objects.get(id=delivery.edition_id)
        number = next(link["number"] for link in edition.links if link["url"] == "https://lindenhof.example/bulbs")
    token = key_ring().seal(TokenPurpose.CLICK, letter.anna.account_id, edition.id, number)
    answer = stranger().get(f"/c/{token}", headers={"User-Agent": "Mozilla/5.0"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://lindenhof.example/bulbs"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    assert stranger().head(f"/c/{token}").status_code == 302
    with tenancy.account(letter.anna.account_id):
        assert list(Click.objects.order_by("id").values_list("machine", flat=True)) == [False, True]
    beyond = key_ring().seal(TokenPurpose.CLICK, letter.anna.account_id, edition.id, 9_999)
    assert stranger().get(f"/c/{beyond}").status_code == 404
    assert stranger().post(f"/c/{token}").status_code == 405


def test_the_help_page_names_the_sender_and_the_abuse_desk(letter: Letter) -> None:
    page = text(stranger().get(f"/help/{letter.mailing_id}"))
    assert "Gärtnerei Lindenhof" in page
    assert "abuse@" in page
    assert "reader" not in page
    draft = letter.anna.draft("Secret plans")
    assert stranger().get(f"/help/{draft.mailing_id}").status_code == 404
    assert stranger().get("/help/0000-0000-0").status_code == 404


def test_both_languages_without_a_cookie(letter: Letter) -> None:
    for url in (letter.unsubscribe_url, letter.url("p", TokenPurpose.PREFERENCES), f"/help/{letter.mailing_id}"):
        english, german = stranger().get(url), stranger().get(f"{url}?language=de")
        assert '<html lang="en">' in text(english)
        assert 'href="?language=de"' in text(english)
        assert '<html lang="de">' in text(german)
        assert 'href="?language=en"' in text(german)
        assert not german.cookies
        assert '<html lang="en">' in text(stranger().get(f"{url}?language=xx"))
    answer = stranger().post(f"{letter.unsubscribe_url}?language=de", {"scope": "list"})
    assert '<html lang="de">' in text(answer)


def test_pages_are_light_and_free_of_scripts(letter: Letter) -> None:
    for url in (letter.unsubscribe_url, letter.url("p", TokenPurpose.PREFERENCES), f"/help/{letter.mailing_id}"):
        client = stranger()
        page = text(client.get(url))
        assert "<script" not in page
        assert 'name="viewport" content="width=device-width' in page
        sheet = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
        answer = client.get(sheet)
        style = answer.getvalue()
        answer.close()
        assert len(page.encode()) + len(style) < BUDGET_BYTES


@pytest.mark.parametrize(
    ("language", "words"), [("en", "This link doesn't work"), ("de", "Dieser Link funktioniert nicht")]
)
def test_a_broken_link_says_how_to_mend_it_and_how_to_stop_the_mails(language: str, words: str) -> None:
    """Its reader has no account here, so that the page speaks of none; it is as light as the others."""
    answer = Client().get(f"/u/{'0' * 40}?language={language}")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert words in page
    assert 'href="/report/"' in page
    assert "<script" not in page and "app-" not in page
    studio = Client().get("/studio/nothing/").content.decode()
    assert words not in studio


def test_an_erased_person_leaves_working_pages(letter: Letter) -> None:
    with tenancy.account(letter.anna.account_id):
        Delivery.objects.filter(id=letter.delivery_id).update(contact_id=None)
    assert stranger().get(letter.unsubscribe_url).status_code == 200
    assert stranger().post(letter.unsubscribe_url, {"scope": "list"}).status_code == 200
    assert stranger().get(letter.url("w", TokenPurpose.ARCHIVE)).status_code == 404
    assert "no longer on any list from" in text(stranger().get(letter.url("p", TokenPurpose.PREFERENCES)))

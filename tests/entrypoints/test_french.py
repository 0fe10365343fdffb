"""Everything that a recipient meets is in French where they ask for it; the studio, which is not translated, is not."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from mailflatrate.apps.accounts.models import Imprint, Notice
from mailflatrate.apps.campaigns.content.campaign_content import imprint_block
from mailflatrate.apps.campaigns.queries import brand_style
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions.tracking import tracking_wording
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.locale.catalogues import catalogue_of
from mailflatrate.mail.html.imprint import imprint_text
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.forms import default_texts
from support.customers import Customer, sending_customer
from support.forms import DOMAIN, ConfirmationMail, FormCustomer, add_form, fresh_address
from support.people import browser

pytestmark = pytest.mark.usefixtures("database")

FRENCH = {"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}
_TAG = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL)


@cache
def english() -> tuple[str, ...]:
    """Every sentence of the service, in whichever file, that is not the same in French."""
    messages = (entry.message.message for entry in catalogue_of("de").entries.values())
    return tuple(one for one in messages if one.count(" ") > 1 and not re.search(r"[%{<\n]", one))


def assert_french(page: str, *pieces: str) -> None:
    """The page says `pieces`, and none of our English sentences."""
    text = " ".join(unescape(_TAG.sub(" ", page)).split())
    for piece in pieces:
        assert piece.replace("\u00a0", " ").replace("\u202f", " ") in text.replace("\u00a0", " ").replace("\u202f", " ")
    assert [one for one in english() if one in text] == []


@pytest.fixture
def lindenhof() -> FormCustomer:
    anna = sending_customer()
    texts = replace(default_texts("fr", "Le jardin"), topics="des nouvelles du jardin", frequency="deux fois par mois")
    return FormCustomer(anna, *add_form(anna, languages=("fr",), texts={"fr": texts}))


@pytest.fixture
def dora(lindenhof: FormCustomer) -> tuple[FormCustomer, ConfirmationMail, int]:
    """A subscriber: her confirmation mail and the delivery that its links come from."""
    email = fresh_address()
    mail = lindenhof.asked(email, language="fr")
    with tenancy.account(lindenhof.account_id):
        delivery = Delivery.objects.get(confirmation_id__isnull=False)
    return lindenhof, mail, delivery.id


def test_the_form_and_what_follows(lindenhof: FormCustomer) -> None:
    page = Client().get(lindenhof.url).content.decode()
    assert '<html lang="fr"' in page
    assert_french(
        page, "Inscription à", "Adresse e-mail", "Ce que deviennent vos données", "Vos droits", "Mentions légales"
    )
    refused = lindenhof.post(f"info@{DOMAIN}", language="fr").content.decode()
    assert_french(refused, "Cette adresse appartient à un service", "Il manque quelque chose")
    assert lindenhof.post(fresh_address(), language="fr").status_code == 303
    sent = Client().get(f"{lindenhof.url}?sent=1&language=fr").content.decode()
    assert_french(sent, "Consultez votre boîte aux lettres")


def test_the_confirmation_mail_and_its_page(dora: tuple[FormCustomer, ConfirmationMail, int]) -> None:
    lindenhof, mail, _delivery = dora
    assert mail.message["Subject"].startswith("Confirmez votre inscription")
    assert mail.message["Content-Language"] == "fr"
    assert_french(mail.part("plain"), "Bonjour,", "Voici ce à quoi vous consentiriez", "Mentions légales", "Allemagne")
    assert_french(mail.part("html"), "Aller à la confirmation", "Le lien est valable jusqu’au")
    asked = Client().get(mail.confirm_path).content.decode()
    assert_french(asked, "Voulez-vous recevoir", "Ce n’était pas moi")
    assert_french(lindenhof.confirm(mail), "Votre inscription est confirmée")


@pytest.mark.parametrize(
    ("kind", "purpose", "pieces"),
    [
        ("u", TokenPurpose.UNSUBSCRIBE, ["Se désinscrire", "Ne plus recevoir", "Mentions légales"]),
        (
            "p",
            TokenPurpose.PREFERENCES,
            ["Que voulez-vous recevoir ?", "Un par semaine au maximum", "Français", "Nouvelle adresse"],
        ),
        (
            "d",
            TokenPurpose.PRIVACY,
            ["Voir ce qui est enregistré à mon sujet", "peut enregistrer, avec mon adresse e-mail"],
        ),
    ],
)
def test_the_pages_behind_the_links_of_a_message(
    dora: tuple[FormCustomer, ConfirmationMail, int], kind: str, purpose: TokenPurpose, pieces: list[str]
) -> None:
    lindenhof, mail, delivery = dora
    lindenhof.confirm(mail)
    url = f"/{kind}/{key_ring().seal(purpose, lindenhof.account_id, delivery)}"
    answer = Client().get(f"{url}?language=fr")
    assert_french(answer.content.decode(), *pieces)


def test_after_unsubscribing(dora: tuple[FormCustomer, ConfirmationMail, int]) -> None:
    lindenhof, mail, delivery = dora
    lindenhof.confirm(mail)
    url = f"/u/{key_ring().seal(TokenPurpose.UNSUBSCRIBE, lindenhof.account_id, delivery)}?language=fr"
    done = Client(enforce_csrf_checks=True).post(url, {"scope": "list"}).content.decode()
    assert_french(done, "Vous êtes désinscrit", "C’est valable dès maintenant")


def test_a_language_that_is_chosen_stays_with_the_contact(dora: tuple[FormCustomer, ConfirmationMail, int]) -> None:
    lindenhof, mail, delivery = dora
    lindenhof.confirm(mail)
    url = f"/p/{key_ring().seal(TokenPurpose.PREFERENCES, lindenhof.account_id, delivery)}"
    given = {"act": "save", "keep": [lindenhof.anna.list_id], "pause": "", "language": "fr"}
    saved = Client(enforce_csrf_checks=True).post(url, given).content.decode()
    assert_french(saved, "C’est enregistré")
    assert_french(Client().get(url).content.decode(), "Vos envois")


def test_what_is_stored_is_shown_in_french(dora: tuple[FormCustomer, ConfirmationMail, int]) -> None:
    lindenhof, mail, delivery = dora
    lindenhof.confirm(mail)
    url = f"/d/{key_ring().seal(TokenPurpose.PRIVACY, lindenhof.account_id, delivery)}?language=fr"
    asked = Client(enforce_csrf_checks=True).post(url, {"kind": "access"}).content.decode()
    assert_french(asked, "Consultez votre boîte aux lettres")
    with tenancy.account(lindenhof.account_id):
        notice = Notice.objects.latest("id")
    assert notice.language == "fr"
    assert_french(notice.text, "de voir ce qui est enregistré à votre sujet")
    link = f"/r/{notice.text.partition('/r/')[2].split()[0]}"
    assert_french(Client().get(link).content.decode(), "Voir ce qui est enregistré à votre sujet ?")
    shown = Client(enforce_csrf_checks=True).post(link, follow=True).content.decode()
    assert_french(shown, "Vos consentements et leur origine", "Télécharger (ZIP)", "Confirmé")


@pytest.mark.parametrize(
    ("path", "piece"),
    [("/report/", "Signaler un envoi"), ("/u/broken", "Ce lien ne mène nulle part"), ("/nowhere", "Page introuvable")],
)
def test_pages_of_the_service_follow_the_browser(path: str, piece: str) -> None:
    answer = Client().get(path, headers=FRENCH)
    assert answer.headers["Content-Language"] == "fr"
    assert_french(answer.content.decode(), piece)


def test_the_foot_of_a_campaign() -> None:
    anna = sending_customer()
    with tenancy.account(anna.account_id):
        draft = anna.draft("Printemps", language="fr")
        text = imprint_text(imprint_block(draft, Imprint.objects.latest("version"), brand_style()))
    assert_french(text, "Vous recevez ce message à la suite de votre inscription à", "Se désinscrire :", "ID d’envoi :")


def studio(anna: Customer) -> str:
    return browser(anna.owner).get("/studio/", headers=FRENCH).content.decode()


def sign_in(_anna: Customer) -> str:
    return Client().get(reverse("account_login"), headers=FRENCH, follow=True).content.decode()


@pytest.mark.parametrize("page", [studio, sign_in])
def test_the_studio_is_whole_in_english(page: Callable[[Customer], str]) -> None:
    """Not half French, half English, and French is not offered there."""
    text = page(sending_customer())
    assert '<html lang="en"' in text
    assert "français" not in text.casefold()


def test_wordings_that_are_kept_are_french() -> None:
    assert tracking_wording("Le jardin", "fr").startswith("Le jardin peut enregistrer")

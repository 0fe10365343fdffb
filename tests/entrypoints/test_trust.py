"""Senders and imprint: what customers say about themselves in public."""

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Application, Imprint, Notice, Role
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import DnsCheck, SenderAddress, SenderDomain
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.studio.trust.imprint_form import COUNTRIES, ImprintForm, from_application
from mailflatrate.rules.imprint import ImprintColumn, column_of
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.customers import IMPRINT as ENTRIES
from support.customers import RECORD, Customer
from support.mailboxes import prove
from support.people import browser, person, text

pytestmark = pytest.mark.usefixtures("database")

IMPRINT = ENTRIES | {"legal_form": "GmbH"}
HTMX = {"HX-Request": "true"}


def add_domain(anna: Customer, name: str = "news.lindenhof.example") -> SenderDomain:
    answer = anna.client.post("/studio/senders/new/", {"name": name})
    assert answer.status_code == 303
    with tenancy.account(anna.account_id):
        return SenderDomain.objects.get(id=int(answer.headers["Location"].split("/")[-2]))


def zone_of(anna: Customer, domain: SenderDomain) -> dict[str, dict[str, list[str]]]:
    """Everything that the page asks for, published, and the operator's own SPF."""
    with tenancy.account(anna.account_id):
        records = domains.records_to_publish(domain)
    zone: dict[str, dict[str, list[str]]] = {}
    for record in records:
        zone.setdefault(record.host, {})[record.record_type] = [record.value]
    include = next(part for part in zone[domain.bounce_host]["TXT"][0].split() if part.startswith("include:"))
    zone[include.removeprefix("include:")] = {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}
    return zone


def look(anna: Customer, domain: SenderDomain, zone: dict[str, dict[str, list[str]]]) -> None:
    with ZoneServer(zone) as server, tenancy.account(anna.account_id):
        domains.check_domain(domain.id, resolver=DnsResolver([server.nameserver], timeout_seconds=2))


def test_an_account_without_a_domain_is_told_what_to_do() -> None:
    carla = Customer.registered("Carla's Cafe").owner
    page = text(browser(carla).get("/studio/senders/"))
    assert "No domains yet" in page
    assert page.count("/studio/senders/new/") == 1


def test_a_new_domain_shows_every_record_to_copy(anna: Customer) -> None:
    domain = add_domain(anna)
    page = text(anna.client.get(f"/studio/senders/{domain.id}/"))
    assert "Waiting for DNS" in page
    assert "Not checked yet" in page
    with tenancy.account(anna.account_id):
        for record in domains.records_to_publish(domain):
            assert page.count(f'data-copy="{record.host}"') >= 1
            assert f'data-copy="{record.value}"' in page
    assert "news.lindenhof.example" in text(anna.client.get("/studio/senders/"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gmail.com", "belongs to a mailbox provider"),
        ("not a domain", "isn&#x27;t a domain name. Use a name like"),
        ("localhost", "isn&#x27;t a domain name. Use a name like"),
        ("lindenhof.example", "is already on your list"),
        ("", "required"),
    ],
)
def test_what_is_no_domain_of_ones_own_is_refused(anna: Customer, name: str, words: str) -> None:
    assert words in text(anna.client.post("/studio/senders/new/", {"name": name}), 422)


def test_found_stands_beside_expected_with_what_to_mend(anna: Customer) -> None:
    domain = add_domain(anna)
    zone = zone_of(anna, domain)
    zone[domain.bounce_host]["MX"] = ["10 mx.elsewhere.example"]
    del zone[f"_dmarc.{domain.name}"]
    look(anna, domain, zone)
    page = text(anna.client.get(f"/studio/senders/{domain.id}/"))
    assert "mx.elsewhere.example" in page
    assert "Replace the record with the expected one" in page
    assert "Create a TXT record with this name and value" in page
    assert page.count("Needs fixing") == 2
    assert "Waiting for DNS" in page


def test_verified_then_failing(anna: Customer) -> None:
    domain = add_domain(anna)
    zone = zone_of(anna, domain)
    look(anna, domain, zone)
    page = text(anna.client.get(f"/studio/senders/{domain.id}/"))
    assert "You can send campaigns from this domain" in page
    assert "Needs fixing" not in page
    zone[f"_dmarc.{domain.name}"]["TXT"] *= 2
    zone[f"_dmarc.{domain.name}"]["TXT"][1] += "; pct=50"
    look(anna, domain, zone)
    page = text(anna.client.get(f"/studio/senders/{domain.id}/"))
    assert "Until then, campaigns from this domain are on hold" in page
    assert "more than one policy" in page


def test_check_now_looks_at_once(anna: Customer) -> None:
    domain = add_domain(anna, "anna.invalid")
    part = text(anna.client.post(f"/studio/senders/{domain.id}/check/", headers=HTMX))
    assert part.lstrip().startswith('<div id="records"')
    assert "Last checked" in part
    with tenancy.account(anna.account_id):
        assert DnsCheck.objects.filter(domain=domain).count() == 4
    assert anna.client.post(f"/studio/senders/{domain.id}/check/").status_code == 303


def test_addresses_count_once_their_domain_and_their_mailbox_do(anna: Customer) -> None:
    domain = add_domain(anna)
    url = f"/studio/senders/{domain.id}/addresses/"
    good = {"display_name": "Lindenhof", "email": f"post@{domain.name}"}
    assert anna.client.post(url, good).status_code == 303
    assert "Waiting for its domain" in text(anna.client.get("/studio/senders/"))
    assert "is already one of your senders" in text(anna.client.post(url, good), 422)
    assert f"isn&#x27;t on {domain.name}." in text(anna.client.post(url, good | {"email": "post@other.example"}), 422)
    assert "isn&#x27;t an email address" in text(anna.client.post(url, good | {"email": "nobody"}), 422)
    with tenancy.account(anna.account_id):
        assert not Notice.objects.filter(recipient=good["email"]).exists()
    look(anna, domain, zone_of(anna, domain))
    look(anna, domain, zone_of(anna, domain))
    assert "Waiting for confirmation" in text(anna.client.get("/studio/senders/"))
    with tenancy.account(anna.account_id):
        assert Notice.objects.filter(recipient=good["email"]).count() == 1, "asked once, not every hour"
        prove(good["email"])
        assert SenderAddress.objects.get(email=good["email"]).verified_at is not None


def test_a_domain_goes_only_while_nothing_hangs_on_it(anna: Customer) -> None:
    domain = add_domain(anna)
    with tenancy.account(anna.account_id):
        used = SenderDomain.objects.get(name="lindenhof.example")
    assert anna.client.post(f"/studio/senders/{used.id}/remove/").status_code == 303
    assert anna.client.post(f"/studio/senders/{domain.id}/remove/").status_code == 303
    with tenancy.account(anna.account_id):
        assert list(SenderDomain.objects.values_list("name", flat=True)) == ["lindenhof.example"]


# The imprint ----------------------------------------------------------------------------------------------------


def test_the_form_shows_what_is_stored_and_how_it_reads(anna: Customer) -> None:
    page = text(anna.client.get("/studio/imprint/"))
    assert 'value="Lindenhof GmbH"' in page
    assert "Lindenweg 4, 24103 Kiel, Deutschland" in page
    assert "Lindenweg 4, 24103 Kiel, Germany" in page
    assert "Version 1" in page


def test_every_save_is_a_new_version(anna: Customer) -> None:
    answer = anna.client.post(
        "/studio/imprint/", IMPRINT | {"country": "DE", "city": "Lübeck", "website": "lindenhof.example"}
    )
    assert answer.status_code == 303
    with tenancy.account(anna.account_id):
        first, second = Imprint.objects.order_by("version")
    assert (first.fields["city"], second.fields["city"]) == ("Kiel", "Lübeck")
    assert second.created_by_id == anna.owner.id
    old = text(anna.client.get(f"/studio/imprint/versions/{first.id}/"))
    assert "Kiel" in old
    assert "Lübeck" not in old


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"street": ""}, "Required by law in your country"),
        ({"street": "Postfach 12"}, "A PO box isn&#x27;t accepted here"),
        ({"phone": "n/a"}, "Leave this empty if it doesn"),
        ({"postcode": "1"}, "isn&#x27;t a valid postal code for this country"),
        ({"email": "nobody"}, "isn&#x27;t an email address. Enter one like"),
        ({"vat_id": "12"}, "A VAT ID starts with the country code"),
        ({"privacy_url": "http://lindenhof.example"}, "Enter the full URL, starting with https://"),
        ({"register_number": ""}, "Required by law in your country"),
        ({"representatives": ""}, "Required by law in your country"),
    ],
)
def test_what_is_missing_or_malformed_is_said_beside_the_field(
    anna: Customer, change: dict[str, str], words: str
) -> None:
    page = text(anna.client.post("/studio/imprint/", IMPRINT | {"country": "DE"} | change), 422)
    (field,) = change
    assert words in page.partition(f'id="id_{field}_error"')[2][:600]
    with tenancy.account(anna.account_id):
        assert Imprint.objects.count() == 1


def test_a_person_without_a_register_needs_no_register(anna: Customer) -> None:
    alone = IMPRINT | {"country": "DE", "organisation": "sole_trader", "register_name": "", "register_number": "",
                       "representatives": "", "legal_name": "Anna Lindner"}  # fmt: skip
    assert anna.client.post("/studio/imprint/", alone).status_code == 303


@pytest.mark.parametrize("country", [country for country, _name in COUNTRIES])
def test_every_country_can_be_filled_in(country: str) -> None:
    assert (column_of(country) is ImprintColumn.EU) == (country not in ("DE", "AT", "CH", "US", "CA", "GB"))
    form = ImprintForm(country=country)
    assert "legal_name" in form.fields
    assert form.fields["street"].required
    if country == "AT":
        assert form.fields["vat_id"].label == "UID"
        assert form.fields["editor_responsible"].required
    if country == "US":
        assert "register_number" not in form.fields
        assert not form.fields["legal_name"].required


def test_another_country_asks_for_other_fields_and_keeps_what_is_written(anna: Customer) -> None:
    data = IMPRINT | {"country": "AT"}
    part = text(anna.client.post("/studio/imprint/fields/", data, headers=HTMX))
    assert part.lstrip().startswith('<div id="imprint-fields"')
    assert 'value="Lindenhof GmbH"' in part
    assert 'name="business_purpose"' in part
    assert "Required by law in your country, in every campaign" not in part, "nobody has pressed save yet"
    with tenancy.account(anna.account_id):
        assert Imprint.objects.count() == 1


def test_the_preview_follows_the_typing_and_saves_nothing(anna: Customer) -> None:
    data = IMPRINT | {"country": "US", "city": "Springfield", "postcode": "12345"}
    part = text(anna.client.post("/studio/imprint/preview/", data, headers=HTMX))
    assert "Lindenweg 4, Springfield 12345, USA" in part
    assert "<script>" not in text(
        anna.client.post("/studio/imprint/preview/", {"legal_name": "<script>alert(1)</script>", "country": "xx"})
    )
    with tenancy.account(anna.account_id):
        assert Imprint.objects.count() == 1


# Rights ---------------------------------------------------------------------------------------------------------


def test_the_first_imprint_begins_with_what_the_application_says() -> None:
    customer = Customer.vetted("Lindenhof", "Anna Lindner")
    account_id, user = customer.account_id, customer.owner
    page = text(browser(user).get("/studio/imprint/"))
    assert "We filled in what your application says" in page
    for value in ("Gärtnerei Lindenhof GmbH", "Lindenweg 4", "Amtsgericht Kiel", "HRB 1234 KI", "DE136695976"):
        assert f'value="{value}"' in page
    with tenancy.account(account_id):
        assert not Imprint.objects.exists(), "nothing is saved before a person has checked it"


@pytest.mark.parametrize("register", ["none, because we are freelancers", "none", "Amtsgericht Kiel, in progress", ""])
def test_an_answer_without_a_number_is_no_register(register: str) -> None:
    said = {"register_number": register, "vat_id": "none yet", "phone": "later", "legal_name": RECORD["legal_name"]}
    taken = from_application(Application(country="DE", **said))
    assert taken.keys() & {"register_name", "register_number", "vat_id", "phone"} == set()
    assert taken["legal_name"] == RECORD["legal_name"]


def test_carla_finds_nothing_of_annas(anna: Customer) -> None:
    domain = add_domain(anna)
    with tenancy.account(anna.account_id):
        imprint = Imprint.objects.get()
    user = Customer.registered("Carla's Cafe").owner
    carla = browser(user)
    assert carla.get(f"/studio/senders/{domain.id}/").status_code == 404
    assert carla.get(f"/studio/imprint/versions/{imprint.id}/").status_code == 404
    for what in ("check", "addresses", "remove"):
        url = f"/studio/senders/{domain.id}/{what}/"
        assert carla.post(url, {"email": f"eve@{domain.name}", "display_name": "Eve"}).status_code == 404
    assert domain.name not in text(carla.get("/studio/senders/"))
    assert "Lindenhof" not in text(carla.get("/studio/imprint/"))
    with tenancy.account(anna.account_id):
        assert SenderDomain.objects.filter(id=domain.id).exists()
        assert not SenderAddress.objects.filter(domain=domain).exists()


def test_ben_looks_and_changes_nothing(anna: Customer) -> None:
    domain = add_domain(anna)
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    page = text(ben.get(f"/studio/senders/{domain.id}/"))
    assert "Check now" not in page
    assert '<fieldset class="stack" disabled' in text(ben.get("/studio/imprint/"))
    for url in (
        "senders/new/",
        f"senders/{domain.id}/check/",
        f"senders/{domain.id}/addresses/",
        f"senders/{domain.id}/remove/",
        "imprint/",
    ):
        assert ben.post(f"/studio/{url}", IMPRINT | {"country": "DE"}).status_code == 403


def test_a_link_changes_nothing(anna: Customer) -> None:
    domain = add_domain(anna)
    for what in ("check", "addresses", "remove"):
        assert anna.client.get(f"/studio/senders/{domain.id}/{what}/").status_code == 405
    assert anna.client.get("/studio/imprint/preview/").status_code == 405
    assert anna.client.get("/studio/imprint/fields/").status_code == 405


def test_nobody_looks_in_without_signing_in() -> None:
    for url in (
        "senders/",
        "senders/new/",
        "imprint/",
        "settings/status/",
        "settings/team/",
        "settings/",
        "settings/security/",
    ):
        answer = Client().get(f"/studio/{url}")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login/")

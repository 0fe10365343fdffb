"""The values of a transactional message bring in nothing that its reviewer didn't read, in whatever disguise."""

from typing import Any

import pytest

from mailflatrate.apps.transactional.actions import templates
from mailflatrate.apps.transactional.actions.reviews import VersionDecision, decide_version
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from support.people import operator
from support.scope import rows
from support.transactional import DATA, FIELDS, VALUES, TransactionalCustomer, transactional_customer

ADVERT = "BLACK FRIDAY: 50 % RABATT auf alles, sale-nordstern.com/black-friday Gutscheincode SPAR50"


def title(text: str) -> dict[str, Any]:
    return {**DATA, "items": [{"title": text, "count": 1}]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sale-nordstern.com/black", "web address"),
        ("Nordstern.Shop", "web address"),
        ("ｗｗｗ．nordstern．com", "web address"),
        ("nordstern。com", "web address"),
        ("nordstern[.]com", "web address"),
        ("[Angebot](//nordstern)", "web address"),
        ('<a href="//nordstern">x</a>', "web address"),
        ("mailto:eve@nordstern.com", "web address"),
        ("10.1.2.3/black", "web address"),
        ("eve@nordstern.com", "email address"),
        ("eve (at) nordstern (dot) com", "email address"),
        ("+49 431 123456", "phone number"),
        ("0431/12 34 56", "phone number"),
        ("WhatsApp 0151 2345678", "phone number"),
        ("50 % RABATT auf alles", "advertising"),
        ("５０ % Rabatt", "advertising"),
        ("Gutscheincode SPAR50", "advertising"),
        ("Rаbаtt auf alles", "advertising"),
        ("Rab\u0334att auf alles", "advertising"),
        ("Rab\u2800att auf alles", "advertising"),
        ("Gutscheın", "advertising"),
        ("R a b a t t auf alles", "advertising"),
        ("R.A.B.A.T.T auf alles", "advertising"),
        ("G-u-t-s-c-h-e-i-n", "advertising"),
        ("Black Friday", "advertising"),
        ("Jetzt kaufen", "advertising"),
        ("٠٤٣١ ١٢٣٤٥٦", "phone number"),
        ("nordstern\u0701com", "web address"),
        ("nordstern\u2027com", "web address"),
        ("пример.рф", "web address"),
        ("nordstern.онлайн", "web address"),
        ("0431 – 123 456", "phone number"),
        ("x" * 121, "too long"),
    ],
)
def test_a_value_with_advertising_or_a_way_to_it_is_refused(anna: TransactionalCustomer, text: str, words: str) -> None:
    with pytest.raises(TransactionalError, match=words):
        anna.send(data=title(text))


def test_a_hundred_kilobytes_of_advertising_are_refused_whatever_the_rows(anna: TransactionalCustomer) -> None:
    with pytest.raises(TransactionalError, match="bytes together"):
        anna.send(data={**DATA, "items": [{"title": "Blumenzwiebeln " * 7, "count": 1}] * 100})
    with pytest.raises(TransactionalError, match="web address"):
        anna.send(data={**DATA, "items": [{"title": ADVERT, "count": 1}] * 100})


@pytest.mark.parametrize("reference", ["sale-nordstern.com/black", "Nordstern.Shop", "www.nordstern.com"])
def test_a_reference_is_judged_too(anna: TransactionalCustomer, reference: str) -> None:
    with pytest.raises(TransactionalError, match="number"):
        anna.send(reference=reference)


@pytest.mark.parametrize(
    "text",
    [
        "Tulpen „Ballerina“, 10 Zwiebeln",
        "Dr.Meier",
        "Größe 38/40, 2 x 19,90 €",
        "Nr. 00340434161094021501",
        "Karlstr. 5",
        "Schläuche, 3 x 10 m, Größe M / L / XL",
        "A - B - C - D, 1 2 3 4",
        "Книга «Сад и огород»",
    ],
)
def test_what_shops_sell_passes(anna: TransactionalCustomer, text: str) -> None:
    assert anna.send(data=title(text)).refused_by == ""


def test_a_url_leads_to_a_verified_domain_even_if_the_template_names_another() -> None:
    fields = [*FIELDS[:2], {**FIELDS[2], "hosts": ["lindenhof.example", "eve.example"]}, *FIELDS[3:]]
    anna = version_with(fields=fields)
    assert anna.send(data={**DATA, "tracking_url": "https://www.lindenhof.example/a.zip?x=1"}).refused_by == ""
    with pytest.raises(TransactionalError, match="verified domains"):
        anna.send(data={**DATA, "tracking_url": "https://eve.example/sale"})


def test_values_that_make_a_host_together_are_refused_in_the_finished_message() -> None:
    fields = [*FIELDS, {"name": "ending", "type": "text", "required": False}]
    joined = "{{ data.first_name }}.{{ data.ending }}"
    sample = {**DATA, "ending": "xx"}
    anna = version_with(fields=fields, content=VALUES["content"] + f"\n\n{joined}\n", sample=sample)
    assert anna.send(data=sample).refused_by == ""
    with pytest.raises(TransactionalError, match=r"nordstern\.com"):
        anna.send(data={**sample, "first_name": "nordstern", "ending": "com"})


def test_what_the_template_and_its_sample_show_was_read() -> None:
    sample = title("Gutschein über 50 Euro")
    content = VALUES["content"] + "\n\nQuestions? Call +49 431 5550 or visit lindenhof.example and parcels.test.\n"
    anna = version_with(content=content, sample=sample)
    assert anna.send(data=title("Gutschein über 20 Euro")).refused_by == ""
    with pytest.raises(TransactionalError, match="advertising"):
        anna.send(data=title("Sonderpreis"))


def test_a_field_declared_for_it_takes_a_phone_number_and_a_longer_text() -> None:
    fields = [*FIELDS, {"name": "phone", "type": "phone"}, {"name": "note", "type": "text", "longest": 300}]
    content = VALUES["content"] + "\n\n{{ data.phone }}: {{ data.note }}\n"
    sample = {**DATA, "phone": "+49 431 1", "note": "x"}
    anna = version_with(fields=fields, content=content, sample={**sample, "phone": "+49 431 12345"})
    assert anna.send(data={**sample, "phone": "0431 55 66 77", "note": "Vor die Tür. " * 20}).refused_by == ""
    with pytest.raises(TransactionalError, match="phone number"):
        anna.send(data={**sample, "phone": "call me", "note": "x"})


def test_the_readers_own_address_may_be_shown() -> None:
    fields = [*FIELDS, {"name": "login", "type": "text"}]
    sample = {**DATA, "login": "dora"}
    anna = version_with(fields=fields, content=VALUES["content"] + "\n\n{{ data.login }}\n", sample=sample)
    to = "dora@briefkasten-lindenhof.de"
    assert anna.send(to, data={**sample, "login": to}).refused_by == ""
    with pytest.raises(TransactionalError, match="email address"):
        anna.send(to, data={**sample, "login": "eve@briefkasten-lindenhof.de"})


def version_with(**changes: Any) -> TransactionalCustomer:
    anna = transactional_customer()
    with tenancy.account(anna.account_id):
        version = templates.begin_version(anna.version().template_id, by=anna.customer.owner)
        templates.save_draft(version.id, changes, by=anna.customer.owner)
        templates.submit_version(version.id, account_name="Gärtnerei Lindenhof", by=anna.customer.owner)
    decide_version(version.id, VersionDecision.APPROVE, reviewer=operator(), reason="An order confirmation.")
    assert rows(anna, TransactionalMessage).count() == 0
    return anna

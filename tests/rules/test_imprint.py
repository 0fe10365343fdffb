"""The imprint by country: what is due, what is malformed, how it reads, whether a part shows it."""

from dataclasses import replace
from typing import Any

import pytest

from mailflatrate.rules.imprint import (
    FieldRequirement,
    ImprintColumn,
    ImprintFault,
    ImprintRecord,
    Organization,
    check_imprint,
    column_of,
    imprint_from_mapping,
    imprint_lines,
    missing_in,
    needs_of,
)
from mailflatrate.rules.imprint.table import IMPRINT_FIELDS
from rules.examples import IMPRINT

BY_COUNTRY = {
    "DE": IMPRINT,
    "AT": replace(
        IMPRINT,
        country="AT",
        postcode="1010",
        city="Wien",
        register_name="Handelsgericht Wien",
        register_number="FN 123456a",
        vat_id="ATU12345678",
        editor_responsible="Anna Huber, Wien",
        business_purpose="Handel mit Papier",
    ),
    "CH": replace(
        IMPRINT,
        country="CH",
        postcode="8001",
        city="Zürich",
        register_name="",
        register_number="",
        vat_id="CHE-123.456.789 MWST",
    ),
    "FR": replace(
        IMPRINT,
        country="FR",
        postcode="75001",
        city="Paris",
        register_name="RCS Paris",
        register_number="123 456 789",
        vat_id="FR12345678901",
        extra_ids=("SIREN: 123 456 789",),
    ),
    "US": ImprintRecord(
        "US", Organization.COMPANY, "Paper Inc.", street="PO Box 12", postcode="10001", city="New York, NY"
    ),
    "CA": ImprintRecord(
        "CA",
        Organization.COMPANY,
        "Paper Ltd.",
        street="PO Box 12",
        postcode="M5V 2T6",
        city="Toronto, ON",
        email="anna@paper.ca",
    ),
    "GB": ImprintRecord(
        "GB",
        Organization.COMPANY,
        "Paper Ltd",
        street="1 High Street",
        postcode="SW1A 1AA",
        city="London",
        email="anna@paper.co.uk",
        register_name="England and Wales",
        register_number="01234567",
        vat_id="GB123456789",
        privacy_url="https://paper.co.uk/privacy",
    ),
}


def faults(imprint: ImprintRecord, *countries: str) -> dict[str, ImprintFault]:
    return {issue.field: issue.fault for issue in check_imprint(imprint, countries)}


@pytest.mark.parametrize("country", BY_COUNTRY)
def test_a_complete_imprint_has_no_issue(country: str) -> None:
    assert faults(BY_COUNTRY[country]) == {}


@pytest.mark.parametrize("country", BY_COUNTRY)
def test_every_mandatory_field_is_missed(country: str) -> None:
    imprint = BY_COUNTRY[country]
    for field, need in needs_of(column_of(country)).items():
        if need is FieldRequirement.MANDATORY:
            assert faults(replace(imprint, **{field: ""})) == {field: ImprintFault.MISSING}


@pytest.mark.parametrize(
    ("country", "field", "text", "fault"),
    [
        ("DE", "street", "Postfach 10 20 30", ImprintFault.PO_BOX),
        ("DE", "street", "Packstation 123", ImprintFault.PO_BOX),
        ("AT", "street", "P.O. Box 5", ImprintFault.PO_BOX),
        ("CH", "street", "Case postale 12", ImprintFault.PO_BOX),
        ("FR", "street", "Boîte postale 9", ImprintFault.PO_BOX),
        ("GB", "street", "PO Box 9", ImprintFault.PO_BOX),
        ("DE", "vat_id", "DE12345678", ImprintFault.MALFORMED),
        ("DE", "vat_id", "143/123/12345", ImprintFault.MALFORMED),
        ("AT", "vat_id", "AT12345678", ImprintFault.MALFORMED),
        ("CH", "vat_id", "CHE-123.456", ImprintFault.MALFORMED),
        ("GB", "vat_id", "GB1234", ImprintFault.MALFORMED),
        ("DE", "register_number", "123456", ImprintFault.MALFORMED),
        ("AT", "register_number", "123456", ImprintFault.MALFORMED),
        ("GB", "register_number", "123", ImprintFault.MALFORMED),
        ("DE", "postcode", "8033", ImprintFault.MALFORMED),
        ("AT", "postcode", "80331", ImprintFault.MALFORMED),
        ("GB", "postcode", "12345", ImprintFault.MALFORMED),
        ("CA", "postcode", "12345", ImprintFault.MALFORMED),
        ("US", "postcode", "1234", ImprintFault.MALFORMED),
        ("DE", "email", "anna at papierladen.de", ImprintFault.MALFORMED),
        ("DE", "phone", "auf Anfrage", ImprintFault.MALFORMED),
        ("DE", "phone", "110", ImprintFault.MALFORMED),
        ("DE", "privacy_url", "http://papierladen.de", ImprintFault.MALFORMED),
        ("DE", "vat_id", "n/a", ImprintFault.PLACEHOLDER),
        ("DE", "phone", "keine", ImprintFault.PLACEHOLDER),
        ("DE", "register_number", "-", ImprintFault.PLACEHOLDER),
    ],
)
def test_malformed_fields(country: str, field: str, text: str, fault: ImprintFault) -> None:
    assert faults(replace(BY_COUNTRY[country], **{field: text})) == {field: fault}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("vat_id", "DE 123 456 789"),
        ("vat_id", ""),
        ("register_number", "HRA 42 B"),
        ("register_number", "VR1234"),
        ("phone", "089/123456-0"),
        ("phone", "(089) 12 34 56"),
        ("street", "Am Postfachweg 4"),
        ("street", "Boxgraben 12"),
    ],
)
def test_usual_spellings_pass(field: str, text: str) -> None:
    assert faults(replace(IMPRINT, **{field: text})) == {}


def test_conditional_fields_depend_on_the_kind_of_sender() -> None:
    bare = replace(IMPRINT, legal_form="", representatives=(), register_name="", register_number="")
    assert set(faults(bare)) == {"legal_form", "representatives", "register_name", "register_number"}
    assert faults(replace(bare, organisation=Organization.SOLE_TRADER)) == {}
    assert faults(replace(bare, organisation=Organization.PARTNERSHIP)) == {}
    assert set(faults(replace(bare, organisation=Organization.REGISTERED_TRADER))) == {
        "register_name",
        "register_number",
    }
    assert set(faults(replace(bare, organisation=Organization.PUBLIC_BODY))) == {"legal_form", "representatives"}


def test_recipients_in_north_america_add_their_fields() -> None:
    from_us = BY_COUNTRY["US"]
    issues = check_imprint(from_us, ("DE", "ca"))
    assert [(issue.field, issue.column) for issue in issues] == [("email", ImprintColumn.CA)]
    assert faults(from_us, "DE", "AT") == {}


def test_every_country_finds_its_column() -> None:
    assert column_of("de") is ImprintColumn.DE
    assert column_of("UK") is column_of("GB") is ImprintColumn.UK
    assert column_of("NL") is column_of("LI") is column_of("JP") is column_of("EU") is ImprintColumn.EU


def test_the_lines_read_in_order_in_both_languages() -> None:
    english = [str(line) for line in imprint_lines(IMPRINT, "en")]
    assert english == [
        "Annas Papierladen GmbH",
        "Lindenstraße 4, 80331 München, Germany",
        "Represented by: Anna Huber",
        "Email: anna@papierladen.de",
        "Phone: +49 89 1234560",
        "Registered with: Amtsgericht München, HRB 123456",
        "VAT ID: DE123456789",
        "Privacy: https://papierladen.de/datenschutz",
    ]
    german = [str(line) for line in imprint_lines(IMPRINT, "de")]
    assert german[1] == "Lindenstraße 4, 80331 München, Deutschland"
    assert german[5] == "Eingetragen bei: Amtsgericht München, HRB 123456"


def test_an_agency_names_its_client_and_english_addresses_end_in_the_postcode() -> None:
    imprint = replace(BY_COUNTRY["GB"], legal_form="Limited", on_behalf_of="Ben's Books")
    lines = [str(line) for line in imprint_lines(imprint, "en")]
    assert lines[:3] == [
        "Paper Ltd Limited",
        "On behalf of: Ben's Books",
        "1 High Street, London SW1A 1AA, United Kingdom",
    ]


def test_a_part_shows_the_imprint_or_misses_lines() -> None:
    text = "\n".join(str(line) for line in imprint_lines(IMPRINT, "de"))
    assert missing_in(text, IMPRINT, "de") == ()
    assert missing_in(text.upper().replace(" ", "  \n"), IMPRINT, "de") == ()
    assert missing_in(text.replace("HRB 123456", ""), IMPRINT, "de") == ("register",)
    assert "address" in missing_in("", IMPRINT, "de")


def test_every_field_of_the_table_is_a_field_of_the_object() -> None:
    for field in IMPRINT_FIELDS:
        assert IMPRINT.value(field) is not None


def test_an_imprint_is_read_from_a_json_column() -> None:
    stored: dict[str, Any] = {
        "country": "de",
        "organisation": "company",
        "legal_name": " Annas Papierladen GmbH ",
        "phone": None,
        "representatives": "Anna Huber\n\nBen Maier\n",
        "extra_ids": ["SIREN: 1"],
        "unknown": "x",
    }
    imprint = imprint_from_mapping(stored)
    assert imprint.country == "DE"
    assert imprint.legal_name == "Annas Papierladen GmbH"
    assert imprint.phone == ""
    assert imprint.representatives == ("Anna Huber", "Ben Maier")
    assert imprint.extra_ids == ("SIREN: 1",)
    with pytest.raises(KeyError):
        imprint_from_mapping({"organisation": "company"})
    with pytest.raises(ValueError, match="spam"):
        imprint_from_mapping({"country": "DE", "organisation": "spam"})

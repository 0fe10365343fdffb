"""Countries and languages by name: what people write in files, in English, German and French."""

import pytest

from mailflatrate.locale.cldr import country_names, language_names
from mailflatrate.locale.texts import languages
from mailflatrate.rules.contacts.countries import CODES as COUNTRIES
from mailflatrate.rules.contacts.countries import country_code
from mailflatrate.rules.contacts.languages import CODES as LANGUAGES
from mailflatrate.rules.contacts.languages import language_code


@pytest.mark.parametrize("language", languages())
def test_every_country_and_language_is_read_by_its_name(language: str) -> None:
    names = country_names(language)
    assert {code for code in COUNTRIES if country_code(names[code]) != code} == set()
    assert {code for code in COUNTRIES if country_code(names[code].upper()) != code} == set()
    spoken = {code: name for code, name in language_names(language).items() if code in LANGUAGES}
    assert {code for code, name in spoken.items() if language_code(name) != code} <= {"ii"}, "Yi is also a code"
    assert len(spoken) > 170


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Österreich", "AT"),
        ("OESTERREICH", "AT"),
        ("  Osterreich ", "AT"),
        ("Elfenbeinküste", "CI"),
        ("Elfenbeinkueste", "CI"),
        ("Cote d'Ivoire", "CI"),
        ("Bosnia & Herzegovina", "BA"),
        ("Hongkong", "HK"),
        ("Südkorea", "KR"),
        ("BRD", "DE"),
        ("de", "DE"),
        ("Schlaraffenland", None),
        ("", None),
        ("–", None),
        ("x" * 5000, None),
    ],
)
def test_spellings_of_countries(written: str, code: str | None) -> None:
    assert country_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [("Baskisch", "eu"), ("de-AT", "de"), ("Norwegisch Bokmål", "nb"), ("Klingonisch", None), ("", None)],
)
def test_spellings_of_languages(written: str, code: str | None) -> None:
    assert language_code(written) == code

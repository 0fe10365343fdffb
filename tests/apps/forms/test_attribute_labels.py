"""The words with which a customer's forms ask for attributes."""

from mailflatrate.apps.forms.queries import asked_as
from mailflatrate.base import tenancy
from mailflatrate.rules.forms import FieldKind, FormField
from support.forms import add_form, customer_with_form
from support.scope import within

KEYS = ("shoe_size", "city")


def test_the_newest_form_gives_the_word_in_the_language_of_the_reader_or_its_own() -> None:
    anna = customer_with_form(fields=(FormField("shoe_size", FieldKind.TEXT, {"de": "Größe", "en": "Size"}),)).anna
    assert within(anna, asked_as, KEYS, "de") == {"shoe_size": "Größe"}
    add_form(anna, fields=(FormField("shoe_size", FieldKind.TEXT, {"de": "Schuhgröße", "en": "Shoe size"}),))
    with tenancy.account(anna.account_id):
        assert asked_as(KEYS, "en") == {"shoe_size": "Shoe size"}
        assert asked_as(KEYS, "fr") == {"shoe_size": "Shoe size"}, "the form's first language"
        assert asked_as(("city",), "en") == {}


def test_words_of_another_account_are_not_read() -> None:
    customer_with_form(fields=(FormField("shoe_size", FieldKind.TEXT, {"de": "Schuhgröße", "en": "Shoe size"}),))
    carla = customer_with_form().anna
    assert within(carla, asked_as, KEYS, "en") == {}

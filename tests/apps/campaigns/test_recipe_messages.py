"""The messages of recipes: whole in both languages, and no text that the customer has to write can be sent."""

import re

import pytest

from mailflatrate.apps.campaigns.content.placeholders import LONG, placeholders_in
from mailflatrate.apps.campaigns.recipe_messages import (
    RECIPE_LANGUAGES,
    RecipeMessage,
    invented_texts,
    recipe_messages,
)
from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.html.brand_style import BrandStyle
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine

IMPRINT = FooterImprint((FooterLine("", "Lindenhof GmbH"),), "Sie haben sich angemeldet.", "7XK2-9QPM", "de")
NAMES = ("welcome", "birthday", "anniversary", "reengage", "renewal", "event", "feedback", "course")
ALL = [
    pytest.param(message, id=f"{name}-{message.key}-{language}")
    for name in NAMES
    for language in RECIPE_LANGUAGES
    for message in recipe_messages(name, language).values()
]


def compiled(message: RecipeMessage) -> CompiledContent:
    values = message.values(BrandStyle())
    source = ContentSource(SourceFormat.MJML, values["content"], values["subject"], values["preheader"])
    return compile_content(source, CompileContext(IMPRINT, language=message.language))


@pytest.mark.parametrize("message", ALL)
def test_a_message_has_one_title_and_nothing_to_warn_of(message: RecipeMessage) -> None:
    found = lint_compiled(compiled(message))
    assert found.headings >= 1
    assert (found.unsupported_css, found.oversized_images, found.images_without_alt) == ((), (), ())
    assert len(message.subject) <= 60 or "{%" in message.subject


@pytest.mark.parametrize("message", ALL)
def test_a_person_without_a_name_reads_whole_sentences(message: RecipeMessage) -> None:
    letter = compiled(message)
    for contact in ({"first_name": ""}, {"first_name": "Dora"}):
        values = {"contact": contact, "account": {"name": "Lindenhof"}, "list": {"name": "News"}}
        values |= {"subscription": {"date": "1 May 2026"}}
        values |= dict.fromkeys(("preferences_url", "unsubscribe_url", "web_url"), "https://mail.example/p/1")
        text = letter.text.render(values)
        assert "{" not in text
        assert not re.search(r" [,.]|,,", text)
        assert ("Dora" in text) == bool(contact["first_name"])


def test_both_languages_have_the_same_messages() -> None:
    for name in NAMES:
        english, german = (recipe_messages(name, language) for language in RECIPE_LANGUAGES)
        assert list(english) == list(german)
        for key, message in english.items():
            other = german[key]
            assert len(message.parts) == len(other.parts)
            assert len(message.invented()) == len(other.invented())
            assert message.subject != other.subject
    assert recipe_messages("welcome", "fr") == recipe_messages("welcome", "en")
    with pytest.raises(KeyError):
        recipe_messages("spam", "en")


def test_what_the_customer_has_to_write_is_found_as_placeholder_text() -> None:
    assert len(invented_texts()) == len(set(invented_texts())) == 22
    for text in invented_texts():
        assert len(text) >= LONG
        assert placeholders_in([f"Before. {text} After."]) == (text,)


def test_ready_texts_are_no_placeholders() -> None:
    for name in ("welcome", "birthday", "anniversary", "reengage", "feedback"):
        for language in RECIPE_LANGUAGES:
            for message in recipe_messages(name, language).values():
                assert placeholders_in([message.subject, *map(str, message.parts)]) == ()
                assert "example.org" not in str(message.parts)

"""A model gets words alone, and brings nothing but words into a draft."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.writing.mask import LONGEST_TEXT, AnswerRefused, TextForm, TextRefused, mask, restore
from support.cost import costs_at_most

HTML = (
    '<p>Hello {{ contact.first_name | default: "there" }}, see our <a href="https://shop.example/?u={{contact.id}}">'
    "tulips &amp; <b>roses</b></a>.<br>Ask dora@example.net or www.shop.example/now</p>"
)


def test_fields_links_addresses_and_markup_are_marks_and_come_back_as_they_were() -> None:
    masked = mask(HTML, TextForm.HTML)
    assert masked.text == "Hello [[1]], see our <2>tulips & <3>roses</3></2>.<4/>Ask [[5]] or [[6]]"
    restored = restore(masked.text, masked)
    assert (restored.text, restored.missing) == (HTML, 0)
    markdown = (
        "Hi {{ contact.first_name }}, **see** [our shop](https://shop.example){.button}"
        ' ![Tulip](https://a.example/b.png "x")'
    )
    masked = mask(markdown, TextForm.MARKDOWN)
    assert masked.text == "Hi [[1]], **see** <2>our shop</2> <3/>"
    assert restore(masked.text, masked).text == markdown


def test_what_a_model_invents_is_dropped() -> None:
    masked = mask(HTML, TextForm.HTML)
    evil = (
        "Hi <script>alert(1)</script> {{ contact.email }} {% include 'x' %} https://evil.example/ eve@evil.example "
        '<a href="javascript:x">now</a> <2>tulips [[1]] </3> <99>x</99> \u202etxt <4> {<2/>{ x }}'
    )
    text = restore(evil, masked).text
    for word in ("<script", "{{ contact.email", "{%", "evil.example", '<a href="javascript', "\u202e", "<99>", "{{ x"):
        assert word not in text
    assert text.count("<a ") == text.count("</a>") == 1
    assert text.startswith("<p>Hi &lt;script&gt;") and text.endswith("</p>")
    assert restore("Hi <2>you</2>", masked).missing == 3, "a person is told that a field and two addresses are gone"
    plain = mask("See [our shop](https://shop.example)", TextForm.MARKDOWN)
    assert "](" not in restore("[win](javascript:alert) <1>shop</1>", plain).text.replace("](https://shop.example)", "")


def test_conditions_keep_their_order() -> None:
    masked = mask("{% if contact.vip %}For you{% else %}For all{% endif %}", TextForm.LINE)
    assert (
        restore("[[1]]Yours[[2]]Everyone's[[3]]", masked).text
        == "{% if contact.vip %}Yours{% else %}Everyone's{% endif %}"
    )
    for answer in ("[[1]]Yours[[2]]", "[[3]]a[[2]]b[[1]]", "Yours", "[[1]]a[[2]]b[[3]][[3]]"):
        with pytest.raises(AnswerRefused, match="conditions"):
            restore(answer, masked)


@pytest.mark.parametrize(
    "source", ["", "<p>{{ a }}</p>", "x" * (LONGEST_TEXT + 1), "Hi {{ contact.first_name", "Hi &#123;&#123; a }}", "12"]
)
def test_a_text_that_can_t_be_masked_is_not_sent(source: str) -> None:
    with pytest.raises(TextRefused):
        mask(source, TextForm.HTML)


@pytest.mark.parametrize(
    "part", ["<a ", '<a "', "<a '\"", "{{", "{%", "<!--", "<style", "[", "![", "![x](", "a@", "www."]
)
def test_hostile_texts_cost_little(part: str) -> None:
    source = "Hello " + part * (LONGEST_TEXT // len(part) - 10)
    with costs_at_most(15):
        for form in TextForm:
            with suppress(TextRefused, AnswerRefused):
                restore(source, mask(source, form))


@given(st.text(alphabet="<>/[]{}%\"'12 ab&;:.@", max_size=60))
def test_an_answer_never_adds_a_field_or_a_tag(answer: str) -> None:
    masked = mask('Dear {{ contact.first_name }}, <a href="https://shop.example">look</a>', TextForm.HTML)
    try:
        text = restore(answer, masked).text
    except AnswerRefused:
        return
    rest = (
        text.replace("{{ contact.first_name }}", "").replace('<a href="https://shop.example">', "").replace("</a>", "")
    )
    assert not {"{", "}", "<", ">"} & set(rest)
    assert text.count("<a ") == text.count("</a>")

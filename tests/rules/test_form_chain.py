"""What a sign-up form must say before it may be published, and that a published one is frozen by its hash."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.forms import (
    FieldKind,
    FormContent,
    FormField,
    FormStyle,
    FormTexts,
    content_from_json,
    default_texts,
    freeze,
    frozen_from_json,
)
from mailflatrate.rules.gate.chains import FORM_CHAIN
from mailflatrate.rules.gate.judge import judge_form
from mailflatrate.rules.verdict import Severity
from rules.examples import IMPRINT

ENGLISH = replace(
    default_texts("en", "Paper news"), topics="news and offers about paper", frequency="about twice a month"
)
GERMAN = replace(
    default_texts("de", "Papierpost"), topics="Neues und Angebote rund um Papier", frequency="etwa zweimal im Monat"
)
CONTENT = FormContent(("de", "en"), {"de": GERMAN, "en": ENGLISH})
FORM = FormFacts(CONTENT, IMPRINT, "Annas Papierladen GmbH", list_open=True)
BIRTHDAY = FormField("birthday", FieldKind.TEXT, {"de": "Geburtstag", "en": "Birthday"})


def with_texts(language: str, **values: str) -> FormFacts:
    texts = {**CONTENT.texts, language: replace(CONTENT.texts[language], **values)}
    return replace(FORM, content=replace(CONTENT, texts=texts))


def with_field(**values: Any) -> FormFacts:
    return replace(FORM, content=replace(CONTENT, fields=(replace(BIRTHDAY, **values),)))


FRENCH = replace(
    default_texts("fr", "Papiers"), topics="des nouvelles autour du papier", frequency="deux fois par mois"
)


def in_french(**values: str) -> FormFacts:
    """The form in French alone, with some texts changed."""
    return replace(FORM, content=FormContent(("fr",), {"fr": replace(FRENCH, **values)}))


FAULTS: list[tuple[str, FormFacts]] = [
    ("form-list-open", replace(FORM, list_open=False)),
    ("imprint-complete", replace(FORM, imprint=replace(IMPRINT, street=""))),
    ("form-privacy-link", replace(FORM, imprint=replace(IMPRINT, country="US", privacy_url=""))),
    ("consent-names-company", with_texts("de", wording=GERMAN.wording.replace("{company}", "man"))),
    ("consent-names-company", replace(FORM, company="")),
    ("consent-names-topics", with_texts("en", topics="")),
    ("consent-names-topics", with_texts("en", wording=ENGLISH.wording.replace("{topics}", "things"))),
    ("consent-says-how-often", with_texts("de", frequency=" ")),
    ("consent-says-how-often", with_texts("de", wording=GERMAN.wording.replace("{frequency}", "manchmal"))),
    ("consent-says-withdrawal", with_texts("en", wording="Yes, {company} may send me {topics}, {frequency}.")),
    ("consent-for-itself", with_texts("de", wording=f"Ich akzeptiere die AGB. {GERMAN.wording}")),
    ("consent-for-itself", with_texts("en", wording=f"I take part in the prize draw. {ENGLISH.wording}")),
    ("consent-not-blanket", with_texts("de", wording=GERMAN.wording.replace("{company}", "{company} und Partner"))),
    ("consent-not-blanket", with_texts("en", topics="offers of selected companies and third parties")),
    ("consent-says-withdrawal", in_french(wording="Oui, {company} peut m'envoyer {topics}, {frequency}.")),
    ("consent-for-itself", in_french(wording=f"J'accepte les CGV. {FRENCH.wording}")),
    ("consent-not-blanket", in_french(topics="des offres de nos partenaires")),
    ("form-no-special-data", with_field(labels={"de": "Konfession", "en": "Denomination"})),
    ("form-sparing", with_field(required=True)),
    ("form-texts-whole", with_texts("en", button="")),
    ("form-texts-whole", with_field(labels={"de": "Geburtstag", "en": ""})),
]


def test_a_good_form_passes() -> None:
    assert judge_form(FORM).failures == ()
    assert judge_form(with_field()).failures == ()
    assert judge_form(in_french()).failures == ()


@pytest.mark.parametrize(("key", "facts"), FAULTS)
def test_a_fault_is_found_and_no_other(key: str, facts: FormFacts) -> None:
    assert [finding.key for finding in judge_form(facts).failures] == [key]


def test_every_rule_has_a_case_and_only_one_merely_warns() -> None:
    assert {key for key, _ in FAULTS} == {check.key for check in FORM_CHAIN}
    assert [check.key for check in FORM_CHAIN if check.severity is not Severity.BLOCK] == ["form-sparing"]


def test_the_default_wording_passes_in_both_languages_as_it_is() -> None:
    for language in ("de", "en"):
        wording = default_texts(language, "News").wording
        texts = FormTexts(**{**dict.fromkeys(("title", "button"), "x"), "wording": wording})
        assert "{company}" in texts.wording
        assert "{topics}" in texts.wording
        assert "{frequency}" in texts.wording


def test_the_frozen_wording_has_no_holes_and_reads_back() -> None:
    frozen = freeze(CONTENT, IMPRINT, "Papierpost", "mailflatrate")
    assert frozen.frozen["de"].wording.startswith(
        "Ja, Annas Papierladen GmbH darf mir etwa zweimal im Monat Neues und Angebote rund um Papier per E-Mail"
    )
    assert "{" not in frozen.frozen["en"].wording
    notice = " ".join(frozen.frozen["de"].notice)
    for due in ("Verantwortlich", "Art. 6", "Auftrag", "14 Tagen", "widerrufen", "Aufsichtsbehörde"):
        assert due in notice, "GDPR Art. 13 (R-93)"
    assert frozen_from_json(frozen.as_json()) == frozen
    assert frozen_from_json(frozen.as_json()).sha256 == frozen.sha256
    assert frozen.language("fr") == "de"


TEXTS = st.builds(FormTexts, **{name: st.text(max_size=8) for name in ("title", "wording", "topics", "button")})


@given(texts=TEXTS, colour=st.sampled_from(["#00595a", "#00595b"]))
def test_any_change_changes_the_hash(texts: FormTexts, colour: str) -> None:
    changed = replace(CONTENT, texts={**CONTENT.texts, "en": texts}, style=FormStyle(colour))
    assert content_from_json(changed.as_json()) == changed
    same = changed == CONTENT
    assert (freeze(changed, IMPRINT, "L", "s").sha256 == freeze(CONTENT, IMPRINT, "L", "s").sha256) is same

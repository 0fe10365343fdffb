"""R-28: every text of a form exists in every language of the form."""

from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.forms.content import FormTexts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_NEEDED = ("title", "button", "sent_title", "sent_text", "welcome_title", "welcome_text")


def _lacks(texts: FormTexts) -> bool:
    return not all(getattr(texts, name).strip() for name in _NEEDED)


def _hits(facts: FormFacts) -> Params | None:
    content = facts.content
    lacking = {language for language, texts in content.spoken() if _lacks(texts)}
    unlabelled = [
        language
        for language in content.languages
        if any(not field.labels.get(language, "").strip() for field in content.fields)
    ]
    languages = [language for language in content.languages if language in lacking or language in unlabelled]
    return {"languages": tuple(f"language.{language}" for language in languages)} if languages else None


CHECK: Check[FormFacts] = Check(
    rule="R-28",
    key="form-texts-whole",
    places={CheckedChain.FORM: 3030},
    severity=Severity.BLOCK,
    anchor="form.texts",
    source="EDPB 05/2020: which information was given",
    hits=_hits,
    text=RuleText(
        title="All texts filled in",
        sentence="A title, button, label or text shown after sign-up is empty: {languages}.",
        why="What people read is frozen with each version of the form, so it has to be complete.",
        fix="Fill in the empty texts in these languages.",
    ),
)

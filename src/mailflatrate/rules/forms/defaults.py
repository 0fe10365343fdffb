"""What a new form begins with: one field, and texts that need only the company's own words."""

from __future__ import annotations

from mailflatrate.rules.forms.content import FieldKind, FormContent, FormTexts, Look

_TEXTS = {
    "en": FormTexts(
        title="Sign up for “{list}”",
        wording=(
            "Yes, {company} may send me {topics} by e-mail, {frequency}. I can stop this at any time, with the "
            "unsubscribe link in every mail."
        ),
        button="Sign up",
        sent_title="Please look into your mailbox",
        sent_text=(
            "We have sent you a mail with a link. Your sign-up counts once you have confirmed it there. If nothing "
            "comes within a few minutes, look among the unwanted mail."
        ),
        welcome_title="You are signed up",
        welcome_text="Thank you. You can stop at any time, with the unsubscribe link in every mail.",
    ),
    "de": FormTexts(
        title="Anmeldung: {list}",
        wording=(
            "Ja, {company} darf mir {frequency} {topics} per E-Mail schicken. Das kann ich jederzeit beenden, mit dem "
            "Abmeldelink in jeder Mail."
        ),
        button="Anmelden",
        sent_title="Bitte sehen Sie in Ihr Postfach",
        sent_text=(
            "Wir haben Ihnen eine Mail mit einem Link geschickt. Ihre Anmeldung gilt, sobald Sie sie dort bestätigt "
            "haben. Kommt innerhalb weniger Minuten nichts an, sehen Sie bitte bei den unerwünschten Mails nach."
        ),
        welcome_title="Sie sind angemeldet",
        welcome_text="Vielen Dank. Sie können das jederzeit beenden, mit dem Abmeldelink in jeder Mail.",
    ),
}
_LABELS = {
    FieldKind.FIRST_NAME: {"en": "First name", "de": "Vorname"},
    FieldKind.LAST_NAME: {"en": "Last name", "de": "Nachname"},
}
EMAIL_LABELS = {"en": "E-mail address", "de": "E-Mail-Adresse"}


def default_texts(language: str, list_name: str) -> FormTexts:
    """The texts of a new form; English where there are none in `language`."""
    texts = _TEXTS.get(language, _TEXTS["en"])
    filled = {
        name: getattr(texts, name)
        for name in ("wording", "button", "sent_title", "sent_text", "welcome_title", "welcome_text")
    }
    return FormTexts(title=texts.title.replace("{list}", list_name), **filled)


def default_content(language: str, list_name: str, colour: str) -> FormContent:
    """A new form: the e-mail address alone is asked for (R-97)."""
    return FormContent((language,), {language: default_texts(language, list_name)}, (), Look(colour=colour))


def field_label(kind: FieldKind, language: str) -> str:
    """The usual label of a field for names; empty for others."""
    return _LABELS.get(kind, {}).get(language, "")

"""The defaults of a new form: one field, and texts to which the company adds only its own details."""

from mailflatrate.locale.texts import N_, translate
from mailflatrate.rules.forms.content import FieldKind, FormContent, FormStyle, FormTexts

_TEXTS = {
    "title": N_("Sign up for “{list}”"),
    "wording": N_(
        "Yes, {company} may send me {topics} by email, {frequency}. I can stop this at any time with the "
        "unsubscribe link in every email."
    ),
    "button": N_("Sign up"),
    "sent_title": N_("Check your inbox"),
    "sent_text": N_(
        "We have sent you an email with a link. Your sign-up counts once you confirm it there. If nothing arrives "
        "within a few minutes, check your spam folder."
    ),
    "welcome_title": N_("You are signed up"),
    "welcome_text": N_("Thank you. You can stop this at any time with the unsubscribe link in every email."),
}
_LABELS = {
    FieldKind.FIRST_NAME: N_("First name"),
    FieldKind.LAST_NAME: N_("Last name"),
    FieldKind.PHONE: N_("Phone number"),
    FieldKind.SOURCE: N_("Sign-up source"),
}


def default_texts(language: str, list_name: str) -> FormTexts:
    texts = {name: translate(message, language) for name, message in _TEXTS.items()}
    return FormTexts(**{**texts, "title": texts["title"].replace("{list}", list_name)})


def default_content(language: str, list_name: str, style: FormStyle) -> FormContent:
    return FormContent((language,), {language: default_texts(language, list_name)}, (), style)


def field_label(kind: FieldKind, language: str) -> str:
    return translate(_LABELS.get(kind, ""), language)


def email_label(language: str) -> str:
    return translate(N_("Email address"), language)

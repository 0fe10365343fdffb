"""The builder's fields, and the form content made from them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.domains.queries import proved_domain_names, senders
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import open_lists
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.entrypoints.presenters.signup.form_inputs import NAMES_IN_USE
from mailflatrate.entrypoints.studio.signup.compared import posted_others
from mailflatrate.entrypoints.studio.signup.further import posted_further
from mailflatrate.entrypoints.studio.signup.logos import logo_choices
from mailflatrate.mail.form_css.sheet import MAX_CHARACTERS as MAX_CSS_CHARACTERS
from mailflatrate.rules.fields.field_type import KEY
from mailflatrate.rules.forms import (
    FieldKind,
    Font,
    FormContent,
    FormField,
    FormRedirects,
    FormStyle,
    FormTexts,
    content_from_json,
    default_texts,
    field_label,
)
from mailflatrate.rules.forms.content import MAX_FIELDS, MAX_STEPS, TEXT_NAMES
from mailflatrate.rules.forms.redirects import MAX_CHARACTERS, redirect_target

STEPS = tuple(str(number) for number in range(1, MAX_STEPS + 1))
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
FONTS = (
    (Font.SANS.value, gettext_lazy("Sans serif")),
    (Font.SERIF.value, gettext_lazy("Serif")),
    (Font.ROUND.value, gettext_lazy("Rounded")),
)
DECLARED = "field"
"""What the kind of a row begins with that asks for a field of the account."""
# Names under which a submission carries something else.
_TAKEN = frozenset({
    "email", "consent", "tracking", "frame", "sent", "placement", "version", "language", "page", "checked", "shown",
    "compared_text", "altcha", "use", "topic_note", "first_name", "last_name", *NAMES_IN_USE,
})  # fmt: skip
_UNLABELED = {FieldKind.PHONE: "phone", FieldKind.SOURCE: "signup_source"}
_NOT_A_KEY = re.compile(r"[^a-z0-9_]+")

# name -> (label, hint, rows: 1 for a line)
_TEXTS: dict[str, tuple[Any, Any, int]] = {
    "title": (gettext_lazy("Title"), "", 1),
    "intro": (gettext_lazy("Intro text"), "", 2),
    "topics": (
        gettext_lazy("What you send"),
        gettext_lazy("As worded in the consent, for example “news and offers about plants”."),
        1,
    ),
    "frequency": (
        gettext_lazy("How often"),
        gettext_lazy("As worded in the consent, for example “about twice a month”."),
        1,
    ),
    "wording": (
        gettext_lazy("Consent"),
        gettext_lazy(
            "Shown next to a checkbox. We fill in {company}, {topics} and {frequency}. The company comes from your "
            "imprint."
        ),
        4,
    ),
    "button": (gettext_lazy("Button"), "", 1),
    "sent_title": (gettext_lazy("After sign-up: title"), "", 1),
    "sent_text": (gettext_lazy("After sign-up: text"), "", 3),
    "welcome_title": (gettext_lazy("After confirmation: title"), "", 1),
    "welcome_text": (gettext_lazy("After confirmation: text"), "", 3),
}
_MOST_CHARACTERS = {1: 160, 2: 400, 3: 800, 4: 1200}


class NewSignupForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Only you and your colleagues see this.")
    )
    mailing_list = forms.TypedChoiceField(label=gettext_lazy("For which list?"), coerce=int, choices=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mailing_list"].choices = _choices(open_lists())  # type: ignore[attr-defined]  # a choice field


def _choices(rows: Sequence[Any]) -> list[tuple[int, str]]:
    return [(row.id, str(row)) for row in rows]


class BuilderForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    mailing_list = forms.TypedChoiceField(label=gettext_lazy("List"), coerce=int, choices=())
    sender = forms.TypedChoiceField(
        label=gettext_lazy("Sender of the confirmation email"),
        coerce=int,
        choices=(),
        required=False,
        empty_value=None,
        help_text=gettext_lazy("If you don't choose one, it comes from our domain, in your company's name."),
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Given to everyone who confirms. Separate several with commas."),
    )
    correctable = forms.BooleanField(
        label=gettext_lazy("Subscribers can correct their answers on their preferences page"),
        required=False,
        help_text=gettext_lazy(
            "That page doesn't show what's stored, and each correction has to be confirmed by email."
        ),
    )
    asks_tracking = forms.BooleanField(
        label=gettext_lazy("Ask for consent to individual click tracking"),
        required=False,
        help_text=gettext_lazy(
            "A checkbox of its own, never ticked in advance, and confirmed by email once more. Without it, clicks are "
            "only counted."
        ),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Visitors see the language set in their browser."),
    )
    colour = forms.RegexField(
        label=gettext_lazy("Button color"),
        regex=r"^#[0-9a-fA-F]{6}$",
        widget=forms.TextInput(attrs={"type": "color", "class": "h-10 w-20 p-1"}),
    )
    font = forms.ChoiceField(label=gettext_lazy("Font"), choices=FONTS)
    logo_url = forms.ChoiceField(
        label=gettext_lazy("Logo"),
        required=False,
        choices=(),
        help_text=gettext_lazy("An image from Media. Without one, the page shows the company's first letter."),
    )
    css = forms.CharField(
        label=gettext_lazy("Your own style sheet (CSS)"),
        required=False,
        max_length=MAX_CSS_CHARACTERS,
        strip=False,  # findings name the lines as they were typed
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "font-mono text-xs"}),
    )
    sent_redirect = forms.CharField(
        label=gettext_lazy("Your own page after sign-up"), required=False, max_length=MAX_CHARACTERS
    )
    welcome_redirect = forms.CharField(
        label=gettext_lazy("Your own page after confirmation"), required=False, max_length=MAX_CHARACTERS
    )

    def __init__(self, form: Form, data: QueryDict | None = None) -> None:
        self._draft = content_from_json(form.draft)
        super().__init__(data, initial=_initial(form, self._draft))
        self.fields["mailing_list"].choices = _choices(open_lists())  # type: ignore[attr-defined]  # a choice field
        self.fields["logo_url"].choices = logo_choices(self._draft.style.logo_url)  # type: ignore[attr-defined]
        self._domains = proved_domain_names()
        for name in ("sent_redirect", "welcome_redirect"):
            self.fields[name].help_text = _redirect_hint(self._domains)
        if form.current_id is not None:
            self.fields["mailing_list"].disabled = True
            self.fields["mailing_list"].help_text = _("You can't change the list once the form is published.")
        offered = [("", _("Our domain")), *_choices(list(senders()))]
        self.fields["sender"].choices = offered  # type: ignore[attr-defined]  # a choice field
        for language in LANGUAGES:
            for name, (label, hint, rows) in _TEXTS.items():
                widget = (
                    forms.Textarea(attrs={"rows": rows, "lang": language})
                    if rows > 1
                    else forms.TextInput(attrs={"lang": language})
                )
                self.fields[f"{language}_{name}"] = forms.CharField(
                    label=label, help_text=hint, required=False, max_length=_MOST_CHARACTERS[rows], widget=widget
                )

    def clean_css(self) -> str:
        return str(self.cleaned_data["css"]).replace("\r\n", "\n").rstrip()

    def clean_sent_redirect(self) -> str:
        """Accept only pages on the account's own domains."""
        return self._own_page("sent_redirect")

    def clean_welcome_redirect(self) -> str:
        """Accept only pages on the account's own domains."""
        return self._own_page("welcome_redirect")

    def _own_page(self, name: str) -> str:
        url = str(self.cleaned_data[name]).strip()
        if url and not redirect_target(url, self._domains):
            raise forms.ValidationError(_redirect_hint(self._domains))
        return url

    def texts(self, language: str) -> list[BoundField]:
        return [self[f"{language}_{name}"] for name in _TEXTS]

    def content(self, rows: Sequence["FormFieldRow"], list_name: str, posted: QueryDict) -> FormContent:
        """Return the entered content, with the further lists in `posted`. A new language starts with our texts."""
        given = self.cleaned_data
        languages = tuple(language for language in self._draft.languages if language in given["languages"])
        languages += tuple(language for language in given["languages"] if language not in languages)
        texts = {}
        for language in languages:
            if language in self._draft.texts:
                texts[language] = FormTexts(**{name: given[f"{language}_{name}"].strip() for name in TEXT_NAMES})
            else:
                texts[language] = default_texts(language, list_name)
        return FormContent(
            languages=languages,
            texts=texts,
            fields=tuple(row.field(languages) for row in rows),
            style=FormStyle(given["colour"].lower(), given["logo_url"], Font(given["font"]), given["css"]),
            asks_tracking=given["asks_tracking"],
            further=posted_further(posted, languages),
            redirects=FormRedirects(given["sent_redirect"], given["welcome_redirect"]),
            others=posted_others(posted, texts),
        )


def _redirect_hint(domains: Sequence[str]) -> str:
    if not domains:
        return _("Verify a domain under Senders first: people are only sent to your own pages.")
    return _("An https URL on %(domain)s. Empty: our page.") % {"domain": ", ".join(domains)}


def _initial(form: Form, draft: FormContent) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": form.name,
        "mailing_list": form.mailing_list_id,
        "sender": form.sender_id or "",
        "tags": ", ".join(form.tags),
        "correctable": form.correctable,
        "asks_tracking": draft.asks_tracking,
        "sent_redirect": draft.redirects.sent,
        "welcome_redirect": draft.redirects.welcome,
        "languages": list(draft.languages),
        "colour": draft.style.colour,
        "font": draft.style.font.value,
        "logo_url": draft.style.logo_url,
        "css": draft.style.css,
    }
    for language, texts in draft.texts.items():
        values |= {f"{language}_{name}": getattr(texts, name) for name in TEXT_NAMES}
    return values


@dataclass(frozen=True, slots=True)
class FormFieldRow:
    """One additional field in the builder. `labels` are (language, label) pairs for every language we have."""

    kind: FieldKind
    key: str
    labels: tuple[tuple[str, str], ...]
    required: bool
    step: int = 0

    @property
    def choice(self) -> str:
        return f"{DECLARED}:{self.key}" if self.kind is FieldKind.TEXT else self.kind.value

    def field(self, languages: Sequence[str]) -> FormField:
        labels = dict(self.labels)
        return FormField(
            key=self.key,
            kind=self.kind,
            labels={language: labels.get(language) or field_label(self.kind, language) for language in languages},
            required=self.required,
            step=self.step,
        )


def rows_of(content: FormContent) -> list[FormFieldRow]:
    return [
        FormFieldRow(
            field.kind,
            field.key,
            tuple((code, field.labels.get(code, "")) for code in LANGUAGES),
            field.required,
            field.step,
        )
        for field in content.fields
    ]


def posted_rows(posted: QueryDict) -> list[FormFieldRow]:
    """Only rows with a kind. A new text field's key is made from its label; `field:KEY` may lack labels."""
    rows: list[FormFieldRow] = []
    declared_fields = definitions()
    for number in range(MAX_FIELDS):
        kind, _colon, chosen = posted.get(f"field{number}_kind", "").partition(":")
        labels = tuple((code, posted.get(f"field{number}_{code}", "").strip()[:80]) for code in LANGUAGES)
        key = posted.get(f"field{number}_key", "")
        if kind == DECLARED:
            if chosen not in declared_fields:
                continue
            if chosen != key:  # the labels are those of the field that was chosen before
                labels = tuple((code, declared_fields[chosen].label[:80]) for code in LANGUAGES)
            kind, key = FieldKind.TEXT.value, chosen
        elif kind not in {member.value for member in FieldKind}:
            continue
        key = _key(FieldKind(kind), key, labels)
        if key and key not in {row.key for row in rows}:
            required = bool(posted.get(f"field{number}_required")) and kind != FieldKind.SOURCE.value
            step = posted.get(f"field{number}_step", "")
            rows.append(FormFieldRow(FieldKind(kind), key, labels, required, STEPS.index(step) if step in STEPS else 0))
    return rows


def can_be_asked(key: str) -> bool:
    return KEY.fullmatch(key) is not None and key not in _TAKEN


def _key(kind: FieldKind, key: str, labels: tuple[tuple[str, str], ...]) -> str:
    """Return the key under which the contact stores the answer; it stays the same when the label changes."""
    if kind in (FieldKind.FIRST_NAME, FieldKind.LAST_NAME):
        return str(kind.value)
    if not KEY.fullmatch(key):
        label = next((label for _code, label in labels if label), "") or _UNLABELED.get(kind, "")
        key = _NOT_A_KEY.sub("_", label.casefold()).strip("_")[:60]
    return key if can_be_asked(key) else ""

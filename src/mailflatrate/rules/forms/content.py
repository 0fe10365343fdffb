"""The content of a form as the customer writes it, which is also the builder's draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import Enum
from typing import Any

from mailflatrate.rules.verdict import Params

MAX_FIELDS = 10
MAX_FURTHER_LISTS = 7
"""Lists that a form offers besides its own; each has a checkbox."""


class FieldKind(Enum):
    """The kinds of fields besides the email address.

    TEXT, PHONE and SOURCE are attributes of the contact. SOURCE is hidden: the form's URL fills it.
    """

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    TEXT = "text"
    PHONE = "phone"
    SOURCE = "source"


class Font(Enum):
    """Typefaces installed on every computer, because a form loads no font from elsewhere (R-111)."""

    SANS = "sans"
    SERIF = "serif"
    ROUND = "round"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `key` is the attribute's name, or the kind's value for a name; labels by language."""

    key: str
    kind: FieldKind
    labels: Mapping[str, str]
    required: bool = False

    @property
    def is_attribute(self) -> bool:
        """Return whether the answer is an attribute of the contact, not one of its names."""
        return self.kind not in (FieldKind.FIRST_NAME, FieldKind.LAST_NAME)


@dataclass(frozen=True, slots=True)
class FormTexts:
    """The texts in one language. `wording` is the consent with the placeholders {company}, {topics} and {frequency}.

    `topics` says what is sent, `frequency` how often, both in a form that fits into the wording.
    """

    title: str = ""
    intro: str = ""
    topics: str = ""
    frequency: str = ""
    wording: str = ""
    button: str = ""
    sent_title: str = ""
    sent_text: str = ""
    welcome_title: str = ""
    welcome_text: str = ""


TEXT_NAMES: tuple[str, ...] = tuple(field.name for field in fields(FormTexts))


@dataclass(frozen=True, slots=True)
class FormStyle:
    """Color of the button (`#rrggbb`), logo (an https address or empty), typeface."""

    colour: str = "#00595a"
    logo_url: str = ""
    font: Font = Font.SANS


@dataclass(frozen=True, slots=True)
class FormRedirects:
    """The customer's own pages after the sign-up and after the confirmation; empty: ours."""

    sent: str = ""
    welcome: str = ""


@dataclass(frozen=True, slots=True)
class FurtherList:
    """Another list that the form offers in a box of its own: what is sent, and how often, by language."""

    list_id: int
    topics: Mapping[str, str]
    frequency: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FormContent:
    """A whole form. `languages` holds at least one; visitors who read none of them see the first.

    `asks_tracking`: it has a second box, for the consent to individual click tracking (R-107).
    """

    languages: tuple[str, ...]
    texts: Mapping[str, FormTexts]
    fields: tuple[FormField, ...] = ()
    style: FormStyle = FormStyle()
    asks_tracking: bool = False
    further: tuple[FurtherList, ...] = ()
    redirects: FormRedirects = FormRedirects()

    def further_texts(self, each: FurtherList, language: str) -> FormTexts:
        """Return the texts of one language as they read for another list."""
        texts = self.texts.get(language, FormTexts())
        return replace(texts, topics=each.topics.get(language, ""), frequency=each.frequency.get(language, ""))

    def spoken(self) -> Iterator[tuple[str, FormTexts]]:
        """Yield the form's languages with their texts, and with those of each further list."""
        for language in self.languages:
            yield language, self.texts.get(language, FormTexts())
            for each in self.further:
                yield language, self.further_texts(each, language)

    def languages_with(self, fault: Callable[[FormTexts], object]) -> Params | None:
        """Return the languages in which a text has this fault, for a finding; None if there are none."""
        wrong = dict.fromkeys(language for language, texts in self.spoken() if fault(texts))
        return {"languages": tuple(f"language.{language}" for language in wrong)} if wrong else None

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for a JSON column; `content_from_json` reads it back.

        What a form doesn't have is left out, so that the hashes of earlier versions stay the same.
        """
        return {
            **({"tracking": True} if self.asks_tracking else {}),
            **({"further": [_further_json(each) for each in self.further]} if self.further else {}),
            **({"redirects": asdict(self.redirects)} if self.redirects != FormRedirects() else {}),
            "languages": list(self.languages),
            "texts": {
                language: {name: getattr(texts, name) for name in TEXT_NAMES}
                for language, texts in sorted(self.texts.items())
            },
            "fields": [
                {
                    "key": field.key,
                    "kind": field.kind.value,
                    "labels": dict(sorted(field.labels.items())),
                    "required": field.required,
                }
                for field in self.fields
            ],
            "look": {"colour": self.style.colour, "logo_url": self.style.logo_url, "font": self.style.font.value},
        }


def _further_json(each: FurtherList) -> dict[str, Any]:
    return {
        "list": each.list_id,
        "topics": dict(sorted(each.topics.items())),
        "frequency": dict(sorted(each.frequency.items())),
    }


def content_from_json(stored: Mapping[str, Any]) -> FormContent:
    """Read what `as_json` wrote. Raises KeyError or ValueError if the mapping is invalid."""
    languages = tuple(str(language) for language in stored["languages"])
    if not languages:
        raise ValueError("a form has a language")
    style = stored["look"]
    return FormContent(
        languages=languages,
        texts={
            str(language): FormTexts(**{name: str(texts.get(name, "")) for name in TEXT_NAMES})
            for language, texts in stored["texts"].items()
        },
        fields=tuple(
            FormField(
                key=str(field["key"]),
                kind=FieldKind(field["kind"]),
                labels={str(language): str(label) for language, label in field["labels"].items()},
                required=bool(field["required"]),
            )
            for field in stored["fields"]
        ),
        style=FormStyle(str(style["colour"]), str(style["logo_url"]), Font(style["font"])),
        asks_tracking=bool(stored.get("tracking")),
        redirects=FormRedirects(**{name: str(url) for name, url in stored.get("redirects", {}).items()}),
        further=tuple(
            FurtherList(int(each["list"]), dict(each["topics"]), dict(each["frequency"]))
            for each in stored.get("further", ())
        ),
    )

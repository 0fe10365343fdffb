"""The content of a form as the customer writes it, which is also the builder's draft."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import Enum
from typing import Any

from mailflatrate.rules.forms.compared import COMPARED_NAMES, ComparedText, compared_from_json
from mailflatrate.rules.verdict import Params

MAX_FIELDS = 10
MAX_FURTHER_LISTS = 7
"""Lists that a form offers besides its own; each has a checkbox."""
MAX_STEPS = 4


class FieldKind(Enum):
    """TEXT, PHONE and SOURCE are attributes of the contact. SOURCE is hidden: the form's URL fills it."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    TEXT = "text"
    PHONE = "phone"
    SOURCE = "source"


class Font(Enum):
    SANS = "sans"
    SERIF = "serif"
    ROUND = "round"


@dataclass(frozen=True, slots=True)
class FormField:
    """`key` is the attribute's name, or the kind's value for a name. Steps count from 0."""

    key: str
    kind: FieldKind
    labels: Mapping[str, str]
    required: bool = False
    step: int = 0

    @property
    def is_attribute(self) -> bool:
        return self.kind not in (FieldKind.FIRST_NAME, FieldKind.LAST_NAME)


@dataclass(frozen=True, slots=True)
class FormTexts:
    """`wording` has the placeholders {company}, {topics} and {frequency}, whose form fits into it."""

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
    """`css` is as the customer wrote it; `mail.form_css` says what of it reaches a page."""

    colour: str = "#00595a"
    logo_url: str = ""
    font: Font = Font.SANS
    css: str = ""


@dataclass(frozen=True, slots=True)
class FormRedirects:
    sent: str = ""
    welcome: str = ""


@dataclass(frozen=True, slots=True)
class FurtherList:
    list_id: int
    topics: Mapping[str, str]
    frequency: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FormContent:
    """Visitors who read none of `languages` see the first. `asks_tracking`: a second box consents to click tracking
    (R-107). `others`: texts that are compared with its own in a pop-up, slide-in or bar.
    """

    languages: tuple[str, ...]
    texts: Mapping[str, FormTexts]
    fields: tuple[FormField, ...] = ()
    style: FormStyle = FormStyle()
    asks_tracking: bool = False
    further: tuple[FurtherList, ...] = ()
    redirects: FormRedirects = FormRedirects()
    others: tuple[ComparedText, ...] = ()

    def compared(self) -> tuple[ComparedText, ...]:
        if not self.others:
            return ()
        spoken = {language: self.texts.get(language, FormTexts()) for language in self.languages}
        own = ({language: getattr(texts, name) for language, texts in spoken.items()} for name in COMPARED_NAMES)
        return (ComparedText(*own), *self.others)

    def compared_text(self, key: str) -> ComparedText | None:
        return next((text for text in self.compared() if text.key == key), None)

    def steps(self) -> tuple[tuple[FormField, ...], ...]:
        """At least one: the address is in the first, the boxes are in the last. A hidden field makes none."""
        steps = {0, *(field.step for field in self.fields if field.kind is not FieldKind.SOURCE)}
        hidden = tuple(field for field in self.fields if field.kind is FieldKind.SOURCE)
        asked = [field for field in self.fields if field.kind is not FieldKind.SOURCE]
        pages = [tuple(field for field in asked if field.step == step) for step in sorted(steps)]
        return (pages[0] + hidden, *pages[1:])

    def further_texts(self, further_list: FurtherList, language: str) -> FormTexts:
        texts = self.texts.get(language, FormTexts())
        return replace(
            texts, topics=further_list.topics.get(language, ""), frequency=further_list.frequency.get(language, "")
        )

    def spoken(self) -> Iterator[tuple[str, FormTexts]]:
        for language in self.languages:
            yield language, self.texts.get(language, FormTexts())
            for other in self.others:
                yield language, replace(self.texts.get(language, FormTexts()), **other.said(language))
            for further_list in self.further:
                yield language, self.further_texts(further_list, language)

    def languages_with(self, fault: Callable[[FormTexts], object]) -> Params | None:
        wrong = dict.fromkeys(language for language, texts in self.spoken() if fault(texts))
        return {"languages": tuple(f"language.{language}" for language in wrong)} if wrong else None

    def as_json(self) -> dict[str, Any]:
        """What a form doesn't have is left out, so that the hashes of earlier versions stay the same."""
        return {
            **({"tracking": True} if self.asks_tracking else {}),
            **({"further": [_further_json(further_list) for further_list in self.further]} if self.further else {}),
            **({"others": [other.as_json() for other in self.others]} if self.others else {}),
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
                    **({"step": field.step} if field.step else {}),
                }
                for field in self.fields
            ],
            "look": {
                "colour": self.style.colour,
                "logo_url": self.style.logo_url,
                "font": self.style.font.value,
                **({"css": self.style.css} if self.style.css else {}),
            },
        }


def _further_json(further_list: FurtherList) -> dict[str, Any]:
    return {
        "list": further_list.list_id,
        "topics": dict(sorted(further_list.topics.items())),
        "frequency": dict(sorted(further_list.frequency.items())),
    }


def content_from_json(stored: Mapping[str, Any]) -> FormContent:
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
                step=min(max(int(field.get("step", 0)), 0), MAX_STEPS - 1),
            )
            for field in stored["fields"]
        ),
        style=FormStyle(str(style["colour"]), str(style["logo_url"]), Font(style["font"]), str(style.get("css", ""))),
        asks_tracking=bool(stored.get("tracking")),
        redirects=FormRedirects(**{name: str(url) for name, url in stored.get("redirects", {}).items()}),
        others=tuple(compared_from_json(stored_text) for stored_text in stored.get("others", ())),
        further=tuple(
            FurtherList(int(stored_list["list"]), dict(stored_list["topics"]), dict(stored_list["frequency"]))
            for stored_list in stored.get("further", ())
        ),
    )

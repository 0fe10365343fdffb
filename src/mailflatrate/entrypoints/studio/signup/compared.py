"""Texts of a pop-up, slide-in or bar that are compared: their rows in the builder, their figures, and the one kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.figures import PlacementFigures, text_figures
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import find_form
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.rules.campaigns.ab_test import Certainty, VariantFigures, certainty
from mailflatrate.rules.forms import FormContent, FormTexts, frozen_from_json
from mailflatrate.rules.forms.compared import COMPARED_NAMES, MAX_TEXTS, TEXT_LETTERS, ComparedText
from mailflatrate.rules.forms.placement import placement_from_json
from mailflatrate.rules.roles import Permission

COUNT = "compared_count"
_LABELS = {"title": gettext_lazy("Title"), "intro": gettext_lazy("Intro text"), "button": gettext_lazy("Button")}
_MOST_CHARACTERS = {"title": 160, "intro": 400, "button": 160}


@dataclass(frozen=True, slots=True)
class TextInput:
    name: str
    label: str
    value: str
    language: str
    most: int


def text_rows(draft: FormContent) -> list[dict[str, Any]]:
    return [
        {
            "letter": letter,
            "number": number,
            "inputs": [
                TextInput(
                    f"compared{number}_{language}_{name}", str(_LABELS[name]), text, language, _MOST_CHARACTERS[name]
                )
                for language in draft.languages
                for name, text in other.said(language).items()
            ],
        }
        for number, (letter, other) in enumerate(zip(TEXT_LETTERS[1:], draft.others, strict=False), start=1)
    ]


def posted_others(posted: QueryDict, texts: dict[str, FormTexts]) -> tuple[ComparedText, ...]:
    """Return the posted texts besides the form's own; one that is new begins as a copy of that."""
    asked = posted.get(COUNT, "1")
    count = int(asked) if asked in {str(number) for number in range(1, MAX_TEXTS + 1)} else 1
    return tuple(ComparedText(**_posted(posted, number, texts)) for number in range(1, count))


def _posted(posted: QueryDict, number: int, texts: dict[str, FormTexts]) -> dict[str, dict[str, str]]:
    texts_by_name: dict[str, dict[str, str]] = {name: {} for name in COMPARED_NAMES}
    for language, own in texts.items():
        for name in COMPARED_NAMES:
            text = posted.get(f"compared{number}_{language}_{name}", getattr(own, name))
            texts_by_name[name][language] = " ".join(text.replace("\0", "").split())[: _MOST_CHARACTERS[name]]
    return texts_by_name


@dataclass(frozen=True, slots=True)
class TextLine:
    letter: str
    key: str
    title: str
    figures: PlacementFigures
    is_kept: bool
    is_ahead: bool


def compared_context(form: Form, language: str) -> dict[str, Any]:
    if form.current is None:
        return {"compared": []}
    placement = placement_from_json(form.placement)
    texts = frozen_from_json(form.current.content).content.compared()
    figures = text_figures(form.id, placement.kind, [text.key for text in texts])
    verdict = _certainty(figures)
    best = (
        max(figures, key=lambda figure: figure.percent or 0, default=None) if verdict is not Certainty.CHANCE else None
    )
    lines = [
        TextLine(letter, text.key, text.said(language)["title"], figure, text.key == placement.text, figure is best)
        for letter, text, figure in zip(TEXT_LETTERS, texts, figures, strict=False)
    ]
    kept = next((line.letter for line in lines if line.is_kept), "")
    return {"compared": lines, "kept": kept, "sure": _sure(verdict)}


def _certainty(figures: Sequence[PlacementFigures]) -> Certainty:
    """Return whether the lead of the best text is more than chance, by the law that campaigns' A/B tests use."""
    return certainty(
        [
            VariantFigures(number, figure.views, min(figure.confirmed, figure.views), 0)
            for number, figure in enumerate(figures)
        ]
    )


def _sure(verdict: Certainty) -> str:
    words = {
        Certainty.CLEAR: _("The difference between the top two texts is too large to be chance."),
        Certainty.LIKELY: _("The difference between the top two texts is probably real, but not certain."),
        Certainty.CHANCE: _("The difference between the top two texts may still be chance. Wait for more sign-ups."),
    }
    return words[verdict]


@studio("POST forms/<int:form_id>/text/", "form-text-keep", Permission.CONTACTS, limited=True, logs="form.saved")
def keep(request: StudioRequest, form_id: int) -> HttpResponse:
    if find_form(form_id) is None:
        raise Http404
    here = reverse("studio:form-placement", args=[form_id])
    key = request.POST.get("text", "")
    try:
        form_edits.keep_text(form_id, key)
    except FormError as error:
        return refuse(request, f"{capfirst(str(error))}.", here)
    if key:
        return succeed(request, _("Only this text is shown now. Websites follow within five minutes."), here)
    return succeed(request, _("All texts are compared again. Websites follow within five minutes."), here)

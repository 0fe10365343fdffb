"""Templates as cards: the account's own, and ours by family."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.gallery import LANGUAGES, GalleryTemplate, gallery
from mailflatrate.apps.campaigns.gallery.families import FAMILIES
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.studio.access import StudioRequest
from mailflatrate.locale.texts import translate


@dataclass(frozen=True, slots=True)
class Card:
    """`begin` selects it on the page of a new campaign; `searched`: its name, what it is about, and further words."""

    begin: str
    name: str
    about: str
    shot_url: str
    url: str
    searched: str = ""


def wanted_language(request: StudioRequest) -> str:
    asked = request.GET.get("language", "")
    if asked in LANGUAGES:
        return asked
    return request.account.language if request.account.language in LANGUAGES else "en"


def gallery_families(language: str) -> list[dict[str, Any]]:
    display_language = reading_language()
    return [
        {
            "key": key,
            "label": translate(FAMILIES[key].label, display_language),
            "cards": tuple(gallery_card(template) for template in templates),
        }
        for key, templates in groupby(gallery(language), key=lambda template: template.family)
    ]


def gallery_card(template: GalleryTemplate) -> Card:
    asked = urlencode({"key": template.key, "language": template.language})
    return Card(
        begin=f"gallery:{template.key}",
        name=template.name,
        about=template.about,
        shot_url=f"{reverse('studio:template-gallery-message')}?{asked}",
        url=f"{reverse('studio:template-gallery')}?{asked}",
        searched=f"{template.name} {template.about} {template.purpose}",
    )


def own_cards() -> list[Card]:
    return [
        Card(
            begin=f"own:{row.id}",
            name=row.name,
            about=row.subject,
            shot_url=reverse("studio:template-message", args=[row.id]),
            url=reverse("studio:template", args=[row.id]),
        )
        for row in queries.templates()
    ]

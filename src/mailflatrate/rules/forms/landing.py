"""The content of a landing page: what search engines and previews say about it, and its blocks."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

MAX_TITLE: Final = 70
"""Characters; search engines cut off longer ones."""
MAX_DESCRIPTION: Final = 160
MAX_SOURCE: Final = 200_000


class LandingFault(StrEnum):
    TITLE = "title"
    DESCRIPTION = "description"
    FORM = "form"
    LANGUAGE = "language"
    IMPRINT = "imprint"
    """The published form has no imprint or no privacy link."""
    PICTURES = "pictures"
    """It shows images from elsewhere, which would tell others who visits it."""
    TAKEDOWN = "takedown"
    """Operators took a page of the account down: what was on it would come back on another one."""


@dataclass(frozen=True, slots=True)
class LandingContent:
    language: str
    title: str = ""
    description: str = ""
    picture: str = ""
    source: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LandingFacts:
    """`languages`: those of the published form, none without one. `is_whole`: it shows an imprint and a privacy notice.
    `elsewhere`: images that aren't ours. `has_takedown`: of an account's page, not restored.
    """

    content: LandingContent
    languages: tuple[str, ...]
    is_whole: bool
    elsewhere: tuple[str, ...]
    has_takedown: bool


def landing_from_json(stored: Mapping[str, Any]) -> LandingContent:
    names = ("language", "title", "description", "picture", "source")
    return LandingContent(**{name: str(stored[name]) for name in names})


def landing_faults(facts: LandingFacts) -> list[LandingFault]:
    content = facts.content
    faults = {
        LandingFault.TITLE: not content.title.strip(),
        LandingFault.DESCRIPTION: not content.description.strip(),
        LandingFault.FORM: not facts.languages,
        LandingFault.LANGUAGE: bool(facts.languages) and content.language not in facts.languages,
        LandingFault.IMPRINT: bool(facts.languages) and not facts.is_whole,
        LandingFault.PICTURES: bool(facts.elsewhere),
        LandingFault.TAKEDOWN: facts.has_takedown,
    }
    return [fault for fault, is_there in faults.items() if is_there]


def landing_sha256(published: Mapping[str, Any]) -> str:
    text = json.dumps(published, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

"""Texts of a pop-up, slide-in or bar that are compared: each appears in its share of views."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_TEXTS = 4
TEXT_LETTERS = "ABCD"
COMPARED_NAMES = ("title", "intro", "button")


@dataclass(frozen=True, slots=True)
class ComparedText:
    title: Mapping[str, str]
    intro: Mapping[str, str]
    button: Mapping[str, str]

    @property
    def key(self) -> str:
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def said(self, language: str) -> dict[str, str]:
        return {name: getattr(self, name).get(language, "") for name in COMPARED_NAMES}

    def as_json(self) -> dict[str, Any]:
        return {name: dict(sorted(getattr(self, name).items())) for name in COMPARED_NAMES}


def compared_from_json(stored: Mapping[str, Any]) -> ComparedText:
    return ComparedText(*(_by_language(stored[name]) for name in COMPARED_NAMES))


def _by_language(texts: Mapping[str, Any]) -> dict[str, str]:
    return {str(language): str(text) for language, text in texts.items()}

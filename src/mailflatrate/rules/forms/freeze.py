"""Freezing: turns a draft into the version that people consent to (R-28)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.forms.content import FormContent, FormTexts, content_from_json
from mailflatrate.rules.forms.wording import privacy_notice, tracking_wording, wording_of
from mailflatrate.rules.imprint import ImprintRecord, imprint_lines


@dataclass(frozen=True, slots=True)
class FrozenList:
    list_id: int
    name: str
    wording: str


@dataclass(frozen=True, slots=True)
class FrozenTexts:
    """`tracking` is the wording of the box for click tracking, or ""."""

    wording: str
    notice: tuple[str, ...]
    imprint: tuple[tuple[str, str], ...]
    tracking: str = ""
    further: tuple[FrozenList, ...] = ()


@dataclass(frozen=True, slots=True)
class FrozenForm:
    """A published version. `sha256` is over `as_json` in canonical form and identifies the version forever."""

    content: FormContent
    company: str
    list_name: str
    privacy_url: str
    frozen: Mapping[str, FrozenTexts]

    def language(self, choice: str) -> str:
        return choice if choice in self.frozen else self.content.languages[0]

    def texts(self, language: str) -> FormTexts:
        return self.content.texts[language]

    def as_json(self) -> dict[str, Any]:
        return {
            "content": self.content.as_json(),
            "company": self.company,
            "list_name": self.list_name,
            "privacy_url": self.privacy_url,
            "frozen": {
                language: {
                    "wording": texts.wording,
                    "notice": list(texts.notice),
                    "imprint": [list(line) for line in texts.imprint],
                    **({"tracking": texts.tracking} if texts.tracking else {}),
                    **(
                        {"further": [_list_json(frozen_list) for frozen_list in texts.further]} if texts.further else {}
                    ),
                }
                for language, texts in sorted(self.frozen.items())
            },
        }

    @property
    def sha256(self) -> str:
        """Return 64 hexadecimal digits over the JSON with sorted keys and no white space, in UTF-8."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _list_json(frozen_list: FrozenList) -> dict[str, Any]:
    return {"list": frozen_list.list_id, "name": frozen_list.name, "wording": frozen_list.wording}


def freeze(
    content: FormContent,
    imprint: ImprintRecord,
    list_name: str,
    service_name: str,
    further_names: Mapping[int, str] | None = None,
) -> FrozenForm:
    names = further_names or {}
    frozen = {}
    for language in content.languages:
        lines = imprint_lines(imprint, language)
        frozen[language] = FrozenTexts(
            wording=wording_of(content.texts[language], company_name(imprint)),
            notice=privacy_notice(imprint, service_name, language),
            imprint=tuple((line.label, line.text) for line in lines),
            tracking=tracking_wording(company_name(imprint), language) if content.asks_tracking else "",
            further=tuple(
                FrozenList(
                    further_list.list_id,
                    names[further_list.list_id],
                    wording_of(content.further_texts(further_list, language), company_name(imprint)),
                )
                for further_list in content.further
                if further_list.list_id in names
            ),
        )
    return FrozenForm(content, company_name(imprint), list_name, imprint.privacy_url, frozen)


def company_name(imprint: ImprintRecord | None) -> str:
    if imprint is None:
        return ""
    return next((line.text for line in imprint_lines(imprint, ENGLISH) if line.key == "legal_name"), "")


def frozen_from_json(stored: Mapping[str, Any]) -> FrozenForm:
    return FrozenForm(
        content=content_from_json(stored["content"]),
        company=str(stored["company"]),
        list_name=str(stored["list_name"]),
        privacy_url=str(stored["privacy_url"]),
        frozen={
            str(language): FrozenTexts(
                wording=str(texts["wording"]),
                notice=tuple(str(paragraph) for paragraph in texts["notice"]),
                imprint=tuple((str(label), str(text)) for label, text in texts["imprint"]),
                tracking=str(texts.get("tracking", "")),
                further=tuple(
                    FrozenList(int(stored_list["list"]), str(stored_list["name"]), str(stored_list["wording"]))
                    for stored_list in texts.get("further", ())
                ),
            )
            for language, texts in stored["frozen"].items()
        },
    )

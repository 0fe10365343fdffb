"""The builder's rows for further lists: which list, what is sent, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from mailflatrate.apps.forms.queries import open_lists
from mailflatrate.rules.forms import FormContent, FurtherList
from mailflatrate.rules.forms.content import MAX_FURTHER_LISTS

_MOST_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class FurtherText:
    language: str
    topics: str = ""
    frequency: str = ""


@dataclass(frozen=True, slots=True)
class FurtherRow:
    """One further list in the builder; without a list it is the row that adds one."""

    number: int
    list_id: int | None
    texts: tuple[FurtherText, ...]


def further_rows(content: FormContent, form_list_id: int) -> tuple[list[FurtherRow], list[tuple[int, str]]]:
    choices = [(row.id, str(row)) for row in open_lists() if row.id != form_list_id]
    rows = [
        FurtherRow(
            number,
            offer.list_id,
            tuple(
                FurtherText(code, offer.topics.get(code, ""), offer.frequency.get(code, ""))
                for code in content.languages
            ),
        )
        for number, offer in enumerate(content.further)
    ]
    if len(rows) < min(len(choices), MAX_FURTHER_LISTS):
        rows.append(FurtherRow(len(rows), None, tuple(map(FurtherText, content.languages))))
    return rows, choices


def posted_further(posted: QueryDict, languages: Sequence[str]) -> tuple[FurtherList, ...]:
    """Return the posted rows that name a list, each list once. `save_draft` checks whose they are."""
    lists: dict[int, FurtherList] = {}
    for number in range(MAX_FURTHER_LISTS):
        name = posted.get(f"further{number}_list", "")
        if not (name.isascii() and name.isdecimal() and len(name) < 19):
            continue
        topics, frequency = (
            {code: posted.get(f"further{number}_{kind}_{code}", "").strip()[:_MOST_CHARACTERS] for code in languages}
            for kind in ("topics", "frequency")
        )
        lists.setdefault(int(name), FurtherList(int(name), topics, frequency))
    return tuple(lists.values())

"""Rows that a condition can name by id."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.lists.tags import tags
from mailflatrate.rules.conditions import Field


@dataclass(frozen=True, slots=True)
class ChoiceSource:
    """`offered`: to choose from, by name or newest first; `named`: of given ids, no longer offered ones included."""

    offered: Callable[[], list[tuple[int, str]]]
    named: Callable[[Iterable[int]], dict[int, str]]


def _offered_lists() -> list[tuple[int, str]]:
    return list(MailingList.objects.filter(archived_at=None).order_by("name", "id").values_list("id", "name"))


def _named_lists(ids: Iterable[int]) -> dict[int, str]:
    return dict(MailingList.objects.filter(id__in=list(ids)).values_list("id", "name"))


def _named_tags(ids: Iterable[int]) -> dict[int, str]:
    tag_ids = set(ids)
    return {tag.id: tag.name for tag in tags() if tag.id in tag_ids}


_SOURCES: dict[Field, ChoiceSource] = {
    Field.LIST: ChoiceSource(_offered_lists, _named_lists),
    Field.TAG: ChoiceSource(lambda: [(tag.id, tag.name) for tag in tags()], _named_tags),
}


def register_choices(field: Field, source: ChoiceSource) -> None:
    _SOURCES[field] = source


def offered(field: Field) -> list[tuple[int, str]]:
    return _SOURCES[field].offered() if field in _SOURCES else []


def named(field: Field, ids: Iterable[int]) -> dict[int, str]:
    id_list = list(ids)
    return _SOURCES[field].named(id_list) if id_list and field in _SOURCES else {}

"""The rows that a condition can name by id: lists, tags, and what later stages register (forms, campaigns).

Pages offer these choices, sentences use their names, and errors list them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.lists.tags import tags
from mailflatrate.rules.conditions import Field


@dataclass(frozen=True, slots=True)
class ChoiceSource:
    """Where the ids of a field come from.

    `offered` returns those to choose from, by name or newest first; `named` the names of given ids, including ids that
    are no longer offered.
    """

    offered: Callable[[], list[tuple[int, str]]]
    named: Callable[[Iterable[int]], dict[int, str]]


def _offered_lists() -> list[tuple[int, str]]:
    return list(MailingList.objects.filter(archived_at=None).order_by("name", "id").values_list("id", "name"))


def _named_lists(ids: Iterable[int]) -> dict[int, str]:
    return dict(MailingList.objects.filter(id__in=list(ids)).values_list("id", "name"))


def _named_tags(ids: Iterable[int]) -> dict[int, str]:
    wanted = set(ids)
    return {tag.id: tag.name for tag in tags() if tag.id in wanted}


_SOURCES: dict[Field, ChoiceSource] = {
    Field.LIST: ChoiceSource(_offered_lists, _named_lists),
    Field.TAG: ChoiceSource(lambda: [(tag.id, tag.name) for tag in tags()], _named_tags),
}


def register_choices(field: Field, source: ChoiceSource) -> None:
    """Register the choices of a field whose rows belong to a later stage."""
    _SOURCES[field] = source


def offered(field: Field) -> list[tuple[int, str]]:
    """Return the ids and names that a condition on this field can choose from; none if it names nothing."""
    return _SOURCES[field].offered() if field in _SOURCES else []


def named(field: Field, ids: Iterable[int]) -> dict[int, str]:
    wanted = list(ids)
    return _SOURCES[field].named(wanted) if wanted and field in _SOURCES else {}

"""Segment conditions on forms. The ledger says through which form a person confirmed."""

from collections.abc import Iterable

from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.segments.conditions.choices import ChoiceSource, register_choices
from mailflatrate.rules.conditions import Field


def _offered() -> list[tuple[int, str]]:
    return list(Form.objects.order_by("name", "id").values_list("id", "name"))


def _named(ids: Iterable[int]) -> dict[int, str]:
    return dict(Form.objects.filter(id__in=list(ids)).values_list("id", "name"))


register_choices(Field.FORM, ChoiceSource(_offered, _named))

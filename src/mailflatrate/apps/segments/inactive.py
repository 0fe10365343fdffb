"""Inactive contacts (R-91): no activity or confirmation for a year. Opens never count."""

from typing import Any

from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.segments.conditions.parsing import parse_conditions
from mailflatrate.apps.segments.queries import count_segment
from mailflatrate.rules.conditions import Field, Op
from mailflatrate.rules.limits import value


def inactive_conditions(asked_by: int | None = None) -> list[dict[str, Any]]:
    """`asked_by`: only those who got this campaign."""
    days = int(value("consent_review_days"))
    raw: list[dict[str, Any]] = [
        {"field": field.value, "op": Op.NOT_WITHIN_DAYS.value, "value": days}
        for field in (Field.ACTIVITY, Field.CONSENT)
    ]
    if asked_by is not None:
        raw.append({"field": Field.CAMPAIGN.value, "op": Op.GOT.value, "value": asked_by})
    return [condition.as_json() for condition in parse_conditions(raw)]


def open_lists() -> list[int]:
    return list(MailingList.objects.filter(archived_at=None).order_by("id").values_list("id", flat=True))


def inactive_count(asked_by: int | None = None) -> int:
    """On open lists; `asked_by`: only those whom this campaign asked."""
    return count_segment(open_lists(), inactive_conditions(asked_by))

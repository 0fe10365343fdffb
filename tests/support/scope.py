"""Rows and actions in an account's scope, on one line.

    rows(anna, Delivery).filter(campaign=campaign).count()
    within(anna, campaigns.pause_campaign, campaign.id)

Whoever has an `account_id` names an account, as does its number; a reason names the platform.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, cast

from django.db.models import Model, QuerySet

from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason

T = TypeVar("T")
STEPS = {"all", "annotate", "distinct", "exclude", "filter", "order_by", "select_related", "values", "values_list"}
"""What makes another query of a query; everything else asks the database."""


class HasAccount(Protocol):
    @property
    def account_id(self) -> int: ...


Scope = HasAccount | PlatformReason | int


def within(scope: Scope, action: Callable[..., T], *args: Any, **named: Any) -> T:
    """What `action` returns in this scope; rows that it would read later are read at once."""
    with _entered(scope):
        found = action(*args, **named)
        if isinstance(found, QuerySet):
            len(found)
        return cast(T, list(found)) if inspect.isgenerator(found) else found


def rows(scope: Scope, model: type[Model]) -> "Rows":
    """What a model's manager would give in this scope; it is asked once somebody wants the rows."""
    return Rows(scope, lambda: model.objects)  # type: ignore[attr-defined]


class Rows:
    def __init__(self, scope: Scope, query: Callable[[], Any]) -> None:
        self._scope, self._query = scope, query

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not hasattr(QuerySet, name):  # `dict` asks whether this is a mapping
            raise AttributeError(name)

        def step(*args: Any, **named: Any) -> Any:
            def taken() -> Any:
                return getattr(self._query(), name)(*args, **named)

            return Rows(self._scope, taken) if name in STEPS else within(self._scope, taken)

        return step

    def __getitem__(self, which: int | slice) -> Any:
        return within(self._scope, lambda: self._query().all()[which])

    def __iter__(self) -> Iterator[Any]:
        return iter(within(self._scope, lambda: list(self._query().all())))


def _entered(scope: Scope) -> AbstractContextManager[Any]:
    if isinstance(scope, PlatformReason):
        return tenancy.platform(scope)
    return tenancy.account(scope if isinstance(scope, int) else scope.account_id)

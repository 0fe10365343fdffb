"""Fixtures that are one call, on a line: who and what a module's tests are about.

anna = per_test(sending_customer, people=1)
case = per_module(sent_campaign)
"""

from collections.abc import Callable
from typing import Any, Literal

import pytest


def per_test(make: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """A fixture with what `make` returns, made in the database for each test anew."""
    return _fixture("function", make, args, named)


def per_module(make: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """The same, once for all tests of a module."""
    return _fixture("module", make, args, named)


def _fixture(
    scope: Literal["function", "module"], make: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]
) -> Any:
    @pytest.fixture(scope=scope)
    def made(database: str) -> Any:
        return make(*args, **named)

    return made

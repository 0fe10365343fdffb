"""A function that needs the scope of an account, or of the platform, says so in code and refuses to run elsewhere."""

import ast
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from architecture.migrations import PACKAGE
from architecture.sources import nodes, parsed
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import NoAccount, NoPlatform, PlatformReason
from mailflatrate.base.tenancy.scope import AccountScope, PlatformScope

CODE = [file for file in sorted(PACKAGE.rglob("*.py")) if "migrations" not in file.parts]
ERRORS = {AccountScope: NoAccount, PlatformScope: NoPlatform}
# What opens a scope: context managers of tenancy, and what runs pages and operations inside one.
OPENS = {"account": AccountScope, "eraser": AccountScope, "platform": PlatformScope}
RUNS_IN = {"studio": AccountScope, "endpoint": AccountScope, "desk": PlatformScope}
Kind = type[AccountScope | PlatformScope] | None


def modules() -> dict[str, tuple[ModuleType, str]]:
    found = {}
    for file in CODE:
        source = file.read_text()
        if "mailflatrate.apps" in source or "needs_" in source:
            name = ".".join(("mailflatrate", *file.relative_to(PACKAGE).with_suffix("").parts))
            found[name] = importlib.import_module(name.removesuffix(".__init__")), source
    return found


MODULES = modules()


def needing() -> dict[str, Callable[..., Any]]:
    """Return each function that needs a scope by its full name."""
    found = {}
    for name, (module, _source) in MODULES.items():
        for value in vars(module).values():
            for each in (value, *(vars(value).values() if isinstance(value, type) else ())):
                if callable(each) and hasattr(each, "needs") and each.__module__ == name:
                    found[f"{name}.{each.__qualname__}"] = each
    return found


NEEDING = needing()


def refusal(function: Callable[..., Any]) -> str:
    """Call a function without its arguments, which it would miss if it ran; return how it refuses."""
    with pytest.raises(ERRORS[function.needs]) as caught:  # type: ignore[attr-defined]
        next(iter(function()), None)
    return str(caught.value)


def test_functions_that_need_a_scope_are_found() -> None:
    assert len(NEEDING) > 80
    assert "mailflatrate.apps.consent.ledger.append" in NEEDING


@pytest.mark.parametrize("name", NEEDING)
def test_a_call_in_no_scope_is_refused_with_what_to_do(name: str) -> None:
    function = NEEDING[name]
    opens = "account(account_id)" if function.needs is AccountScope else "platform(reason)"  # type: ignore[attr-defined]
    assert refusal(function).startswith(f"{name}() needs ")
    assert f"call it inside `with tenancy.{opens}:`" in refusal(function)


@pytest.mark.usefixtures("database")
def test_a_call_in_the_other_scope_is_refused() -> None:
    """The wider scope is no better: what is meant for one account would see all of them."""
    of_account = [each for each in NEEDING.values() if each.needs is AccountScope]  # type: ignore[attr-defined]
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        assert {refusal(each).rpartition("; ")[2] for each in of_account} == {"this call is inside PlatformScope."}
    of_platform = [each for each in NEEDING.values() if each.needs is PlatformScope]  # type: ignore[attr-defined]
    with tenancy.account(1):
        assert {refusal(each).rpartition("; ")[2] for each in of_platform} == {"this call is inside AccountScope."}


def test_rows_are_refused_when_somebody_iterates_and_not_only_when_they_are_asked_for() -> None:
    @tenancy.needs_account
    def rows() -> Iterator[int]:
        yield 1

    with tenancy.account(1):
        asked, read = rows(), list(rows())
    assert read == [1]
    with pytest.raises(NoAccount, match="this call is in no scope"):
        next(asked)


# -- calls that stand in the wrong scope, before they run --------------------------------------------------------------


class WrongCall(NamedTuple):
    """A call of a function that needs one scope, in a place where the other is open."""

    line: int
    function: str


class _Reader(ast.NodeVisitor):
    """Follow the scope that is open at each call of a module."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = names
        self.kind: Kind = None
        self.wrong: list[WrongCall] = []

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(within := self._value(node.value), ModuleType):
            return vars(within).get(node.attr)
        return None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer, self.kind = self.kind, getattr(self.names.get(node.name), "needs", None)
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            self.kind = RUNS_IN.get(ast.unparse(called).rpartition(".")[2], self.kind)
        for each in node.body:
            self.visit(each)
        self.kind = outer

    def visit_With(self, node: ast.With) -> None:
        outer = self.kind
        for item in node.items:
            self.visit(item.context_expr)
            if isinstance(item.context_expr, ast.Call):
                called = ast.unparse(item.context_expr.func).removeprefix("tenancy.")
                self.kind = OPENS.get(called, self.kind)
        for each in node.body:
            self.visit(each)
        self.kind = outer

    def visit_Call(self, node: ast.Call) -> None:
        needs = getattr(self._value(node.func), "needs", None)
        if needs is not None and self.kind is not None and not issubclass(self.kind, needs):
            self.wrong.append(WrongCall(node.lineno, ast.unparse(node.func)))
        self.generic_visit(node)


def wrong_calls(tree: ast.Module, names: Mapping[str, Any]) -> list[WrongCall]:
    reader = _Reader(names)
    reader.visit(tree)
    return reader.wrong


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    with tenancy.platform(X):\n        append()",
        "def f():\n    with tenancy.account(1), tenancy.platform(X):\n        append()",
        "@desk\ndef f(request):\n    append()",
        "@endpoint(ROUTER)\ndef f(request):\n    held_imports()",
        "def f():\n    with tenancy.account(1):\n        held_imports()",
    ],
)
def test_a_call_in_the_wrong_scope_would_be_found(source: str) -> None:
    names = {
        "append": NEEDING["mailflatrate.apps.consent.ledger.append"],
        "held_imports": NEEDING["mailflatrate.apps.intake.origin_review.held_imports"],
    }
    assert wrong_calls(parsed(source), names)


def test_a_call_in_the_right_scope_is_left_alone() -> None:
    source = "@desk\ndef f():\n    with tenancy.account(1):\n        append()\n    held()"
    names = {"append": NEEDING["mailflatrate.apps.consent.ledger.append"]}
    assert not wrong_calls(parsed(source), names)


def test_no_call_stands_in_the_wrong_scope() -> None:
    found = {
        name: wrong
        for name, (module, source) in MODULES.items()
        if (wrong := wrong_calls(parsed(source), vars(module)))
    }
    assert not found


# -- locked rows as a type ---------------------------------------------------------------------------------------------

LOCKED_ROWS = {
    "LockedCampaign": "apps/campaigns/states.py",
    "LockedChunk": "apps/delivery/locked_chunks.py",
    "_LockedMailboxes": "apps/forms/actions/request_progress.py",
}


def test_only_the_module_that_locks_a_row_says_that_it_is_locked() -> None:
    """mypy holds the functions that ask for such a row; the type would prove nothing if others could make one."""
    made = {
        (node.func.id if isinstance(node.func, ast.Name) else node.func.attr, str(file.relative_to(PACKAGE)))
        for file in CODE
        for node in nodes(file.read_text())
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    assert {(name, file) for name, file in made if name in LOCKED_ROWS} == set(LOCKED_ROWS.items())


# -- no convention in prose --------------------------------------------------------------------------------------------

_PROSE = re.compile(
    r"[Ii]nside\s+`(?:tenancy\.)?(?:account|platform)\("
    r"|\b[Rr]uns?\s+(?:only\s+)?(?:inside|within|in)\s+(?:`(?:tenancy\.)?|the\s+)(?:account|platform)"
    r"|\b[Rr]uns\s+in\s+the\s+transaction\s+of"
    r"|\bcaller\s+(?:holds|locks|appends|makes\s+sure|has\s+locked)\b"
)


@pytest.mark.parametrize(
    "text",
    [
        "Return a row. Runs inside `tenancy.account(...)`.",
        "Return a row. Runs inside\n    `tenancy.platform(...)`.",
        "Inside `platform(...)`.",
        "Runs in the account's scope.",
        "Run in the platform scope.",
        "Runs in the transaction of `begin_answer`.",
        "Wake every chunk. The caller holds its row.",
        "Wake every chunk. The caller\n    has locked it.",
    ],
)
def test_a_convention_in_prose_would_be_found(text: str) -> None:
    assert _PROSE.search(text)


def test_no_docstring_says_where_a_function_has_to_run() -> None:
    found = {}
    for file in CODE:
        for node in nodes(file.read_text()):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node) or ""
                if _PROSE.search(text):
                    found[f"{file.relative_to(PACKAGE)}: {getattr(node, 'name', '')}"] = text
    assert not found

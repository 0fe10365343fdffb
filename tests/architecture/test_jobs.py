"""Every job that is enqueued by its name exists and takes the arguments it's given."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.apps import apps
from procrastinate.contrib.django import app

from architecture.sources import parsed
from mailflatrate.base.long_task import LongTask

SOURCES = Path(__file__).parents[2] / "src" / "mailflatrate"
OWN = {"at", "lock", "once", "priority", "queue", "name"}
"""Parameters of `defer` and `wake` that say how a job runs; the others are handed to it."""


PASSING_ON = {"jobs.py", "long_task.py"}
"""Modules of `base` that enqueue what others name. The job of each long task is tried below."""


class Enqueued(NamedTuple):
    """One call that enqueues a job. `arguments` None: they're passed on from a mapping, so nobody can list them."""

    at: str
    name: str | None
    arguments: frozenset[str] | None


def _calls() -> Iterator[Enqueued]:
    for module in sorted(SOURCES.rglob("*.py")):
        source = module.read_text(encoding="utf-8")
        if "mailflatrate.base" not in source or (module.parent.name == "base" and module.name in PASSING_ON):
            continue
        tree = parsed(source)
        direct = _imported(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_enqueuing(node.func, direct):
                given = {keyword.arg for keyword in node.keywords} - OWN
                arguments = None if None in given else frozenset(filter(None, given))
                yield Enqueued(
                    f"{module.relative_to(SOURCES)}:{node.lineno}", _name_of(node.args[0], module), arguments
                )


def _imported(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "mailflatrate.base.jobs"
        for alias in node.names
        if alias.name in {"defer", "wake"}
    }


def _is_enqueuing(function: ast.expr, direct: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        return (
            isinstance(function.value, ast.Name) and function.value.id == "jobs" and function.attr in {"defer", "wake"}
        )
    return isinstance(function, ast.Name) and function.id in direct


def _name_of(argument: ast.expr, module: Path) -> str | None:
    """The job's name: written there, or a constant of the module; None where it's a variable."""
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.Name):
        path = ".".join(("mailflatrate", *module.relative_to(SOURCES).with_suffix("").parts))
        value = getattr(importlib.import_module(path), argument.id, None)
        return value if isinstance(value, str) else None
    return None


CALLS = tuple(_calls())


def test_job_of_each_long_task_takes_its_id() -> None:
    tasks = [model for model in apps.get_models() if issubclass(model, LongTask)]
    assert len(tasks) >= 8
    for model in tasks:
        job = inspect.unwrap(app.tasks[model.JOB].func)
        assert {"account_id", "task_id"} <= set(inspect.signature(job).parameters), model.JOB


def test_the_calls_are_found() -> None:
    assert len(CALLS) > 30
    assert [call.at for call in CALLS if call.name is None] == []


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.at)
def test_an_enqueued_job_exists_and_takes_its_arguments(call: Enqueued) -> None:
    assert call.name in app.tasks, f"no job is called {call.name!r}"
    if call.arguments is None:
        return
    parameters = inspect.signature(inspect.unwrap(app.tasks[call.name].func)).parameters
    unknown = call.arguments - set(parameters)
    needed = {name for name, parameter in parameters.items() if parameter.default is inspect.Parameter.empty}
    assert not unknown, f"{call.name} takes no {sorted(unknown)}"
    assert needed <= call.arguments, f"{call.name} also needs {sorted(needed - call.arguments)}"

"""Loads the kinds of a package: one kind per module, so that adding one edits nothing else."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def load_kinds(package: str, name: str) -> list[Any]:
    """In the order of file names. `package` is a literal, so that `tests/affected.py` knows who uses these modules."""
    modules = sorted(module.name for module in iter_modules(import_module(package).__path__, f"{package}."))
    return [getattr(import_module(module), name) for module in modules]


def load_kind(package: str, module: str, name: str) -> Any:
    """Return the attribute `name` of one module of a package. Raises ModuleNotFoundError."""
    return getattr(import_module(f"{package}.{module}"), name)

"""Loads kinds: one module per kind, and what extensions list, so that adding one edits nothing else."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

EXTENSIONS = "mailflatrate.extensions"


def load_kinds(package: str, name: str, *, every: bool = True) -> list[Any]:
    """In the order of file names. `package` is a literal, so that `tests/affected.py` knows who uses these modules.
    Raises AttributeError if `every` module must have one and doesn't.
    """
    names = sorted(module.name for module in iter_modules(import_module(package).__path__, f"{package}."))
    modules = [import_module(module) for module in names]
    return [getattr(module, name) for module in modules if every or hasattr(module, name)]


def load_kind(package: str, module: str, name: str) -> Any:
    """Return the attribute `name` of one module of a package. Raises ModuleNotFoundError."""
    return getattr(import_module(f"{package}.{module}"), name)


@cache
def extensions() -> tuple[str, ...]:
    """The packages of all extensions (docs/extending.md): ours, then those of installed distributions, by name."""
    ours = sorted(module.name for module in iter_modules(import_module(EXTENSIONS).__path__, f"{EXTENSIONS}."))
    return (*ours, *sorted(point.value for point in entry_points(group=EXTENSIONS)))


def extension_modules(name: str) -> Iterator[ModuleType]:
    """The module of this name of each extension that has one. `name` is a literal, as in `load_kinds`."""
    for package in extensions():
        if find_spec(f"{package}.{name}"):
            yield import_module(f"{package}.{name}")


def from_extensions(module: str, name: str) -> list[Any]:
    """What extensions list as `name` in their module `module`, which none has to have."""
    return [kind for extension_module in extension_modules(module) for kind in getattr(extension_module, name, ())]

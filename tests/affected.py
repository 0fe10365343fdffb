"""Print the test files that a change reaches, one a line: `make check`, or python tests/affected.py [--since REF].

A test is reached through the modules that it imports, with all that they import, through the addresses of pages that it
opens, and through the templates of those pages. A change of what everything rests on reaches all tests, which is
printed as the folder `tests`.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
TESTS = ROOT / "tests"
TEMPLATES = SOURCE / "mailflatrate" / "entrypoints" / "ui" / "templates"
EVERYTHING = re.compile(
    r"src/mailflatrate/(base|settings)/|/models(/|\.py$)|/migrations/|\.sql$|^requirements/|^pyproject\.toml$"
    r"|^tests/(conftest|prepared_database)\.py$|^tests/support/__init__\.py$"
)
ALWAYS = ("tests/architecture/test_size.py", "tests/architecture/test_names.py", "tests/architecture/test_voice.py")
"""What looks at every file, so that any change reaches it."""
BY_FOLDER = {
    "docs/": "tests/architecture",
    "frontend/": "tests/architecture/test_frontend.py",
    "src/mailflatrate/locale/": "tests/architecture/test_voice.py",
    "deploy/": "tests/release",
}
_FROM = re.compile(r"^\s*from ([\w.]+) import (\([^)]*\)|.*)", re.MULTILINE)
_IMPORT = re.compile(r"^\s*import ([\w.]+)", re.MULTILINE)
_LOADS = re.compile(r"""load_kinds?\("([\w.]+)\"""")
_EXTENDS = re.compile(r"""(?:extension_modules|from_extensions)\("(\w+)\"""")
_STRING = re.compile(r'"([^"\n]*)"')
_ADDRESS = re.compile(r"/?[\w*.@:-]+(?:/[\w*.@:-]*)+")


def main() -> None:
    """Print what the command line asks for."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--since", default="HEAD", metavar="REF", help="the commit to compare with")
    print("\n".join(affected(changed_since(options.parse_args().since))))


def changed_since(reference: str) -> list[str]:
    """Return the paths that differ from a commit, and those that git doesn't know yet."""
    changed = _git("diff", "--name-only", reference)
    return sorted({*changed, *_git("ls-files", "--others", "--exclude-standard")})


def affected(paths: list[str]) -> list[str]:
    if any(EVERYTHING.search(path) for path in paths):
        return ["tests"]
    chosen = {test for path in paths for folder, test in BY_FOLDER.items() if path.startswith(folder)}
    chosen |= {path for path in paths if Path(path).name.startswith("test_") and (ROOT / path).exists()}
    if modules := _reached_modules(paths):
        chosen |= {_relative(test) for test in TESTS.rglob("test_*.py") if _uses(test) & modules}
    return sorted(chosen | set(ALWAYS)) if paths else []


def _reached_modules(paths: list[str]) -> set[str]:
    import grimp

    changed = {_module(ROOT / path) for path in paths if path.endswith(".py")}
    changed |= {module for path in paths if path.endswith(".html") for module in _views_of(path)}
    graph = grimp.build_graph("mailflatrate", cache_dir=str(ROOT / ".import_linter_cache"))
    for loader in SOURCE.rglob("*.py"):
        for package in _LOADS.findall(_read(loader)):
            for kind in graph.find_children(package):
                graph.add_import(importer=_module(loader), imported=kind)
        for name in _EXTENDS.findall(_read(loader)):
            for part in graph.find_matching_modules(f"mailflatrate.extensions.*.{name}"):
                graph.add_import(importer=_module(loader), imported=part)
    for name in [name for name in graph.modules if name.endswith(".urls")]:
        graph.remove_module(name)  # they import all pages: which of these a test opens, its addresses tell
    return changed.union(*(graph.find_downstream_modules(name) for name in changed if name in graph.modules))


def _views_of(template: str) -> set[str]:
    names, seen = {Path(template).name}, set[str]()
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        component = re.escape(name.removesuffix(".html").replace("_", "-"))
        uses = re.compile(rf"""["'/]{re.escape(name)}["']|<c-(?:[\w-]+\.)*{component}[\s/>]""")
        names |= {path.name for path in TEMPLATES.rglob("*.html") if uses.search(_read(path))}
    return {_module(path) for path in SOURCE.rglob("*.py") if any(f'{name}"' in _read(path) for name in seen)}


@cache
def _uses(test: Path) -> frozenset[str]:
    files = [test, *(path for folder in _folders(test) if (path := folder / "conftest.py").exists())]
    imported = frozenset[str]().union(*(_imports(file) | _helpers(file) for file in files))
    return imported | {view for address in _addresses(test) for view in _views_at(address)}


def _folders(test: Path) -> list[Path]:
    """Return the folders of a test, without TESTS: the `conftest.py` there reaches everything."""
    return [folder for folder in test.parents if TESTS in folder.parents]


@cache
def _helpers(path: Path) -> frozenset[str]:
    files = [(name, TESTS / f"{name.replace('.', '/')}.py") for name in _imports(path) - {_module(path)}]
    found = {name: file for name, file in files if file.exists()}
    return frozenset(found).union(*(_helpers(file) for file in found.values()))


@cache
def _imports(path: Path) -> frozenset[str]:
    found = {_module(path)}
    for package, names in _FROM.findall(_read(path)):
        found |= {package, *(f"{package}.{name}" for name in re.findall(r"\w+", re.sub(r" as \w+", "", names)))}
    return frozenset(found | set(_IMPORT.findall(_read(path))))


def _addresses(path: Path) -> set[str]:
    """Return the strings of a test that look like the path of a page; `*` stands for a value."""
    strings = {re.sub(r"\{[^{}]*\}|\b\d+\b", "*", text.partition("?")[0]) for text in _STRING.findall(_read(path))}
    return {text.removeprefix("/") for text in strings if _ADDRESS.fullmatch(text)}


@cache
def _views_at(address: str) -> frozenset[str]:
    parts = address.split("/")
    return frozenset(view for pattern, view in _pages() if _is_end_of(parts, pattern))


def _is_end_of(parts: list[str], pattern: list[str]) -> bool:
    """Return whether a path may be the end of a page's address: the whole, or from a folder that it names."""
    before = len(pattern) - len(parts)
    if not 0 <= before <= 2 or parts[0] != pattern[before] or parts[0] == "*":
        return False
    return all(one == other or "*" in (one, other) for one, other in zip(parts, pattern[before:], strict=True))


@cache
def _pages() -> tuple[tuple[list[str], str], ...]:
    """Return the addresses of all pages and endpoints, in parts, with the module of each view."""
    import django
    from django.urls import URLPattern, URLResolver, get_resolver

    django.setup()

    def walk(resolver: URLResolver, before: str) -> Iterator[tuple[list[str], str]]:
        for each in resolver.url_patterns:
            address = before + re.sub(r"<[^>]*>|\(\?P.*?\)", "*", str(each.pattern))
            if isinstance(each, URLPattern):
                yield address.split("/"), getattr(each.callback, "__module__", "")
            else:
                yield from walk(each, address)

    return tuple(walk(get_resolver(), ""))


def _module(path: Path) -> str:
    root = SOURCE if path.is_relative_to(SOURCE) else TESTS
    parts = path.relative_to(root if path.is_relative_to(root) else ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _git(*command: str) -> list[str]:
    output = subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True, text=True)
    return output.stdout.split()


if __name__ == "__main__":
    sys.path[:0] = [str(SOURCE), str(TESTS)]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
    main()

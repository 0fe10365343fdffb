"""Imports name the module that has a function. Only the packages listed here pass names on, if anyone takes them."""

import ast
from collections import defaultdict
from pathlib import Path

from architecture.migrations import PACKAGE
from architecture.sources import nodes, parsed

ROOT = PACKAGE.parents[1]
# May only shrink. `models` have to be imported where Django looks for them.
PASSING_ON = {
    *(f"apps/{app}/models" for app in ("abuse", "accounts", "automations", "campaigns", "lists")),
    *(f"base/{name}" for name in ("audit", "child", "tenancy", "tracing")),
    *(f"rules/{name}" for name in ("addresses", "forms", "imprint")),
    *("entrypoints/cli/backup", "mail/liquid", "settings", "wire/dns"),
}


def passed_on(file: Path) -> set[str]:
    """Return the names that a package lists in `__all__`."""
    for node in parsed(file.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def is_only_imports(source: str) -> bool:
    """Tell whether a module imports names, and does nothing with them but pass them on."""
    body = [node for node in parsed(source).body if not isinstance(node, ast.Expr)]
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return bool(imports) and all(isinstance(node, ast.Import | ast.ImportFrom | ast.Assign) for node in body)


FOUND = {file.parent: names for file in sorted(PACKAGE.rglob("__init__.py")) if (names := passed_on(file))}


def used_names(source: str, packages: dict[str, Path]) -> dict[Path, set[str]]:
    """Return the names that a file takes from each package, imported by name or as attributes of the package."""
    found: dict[Path, set[str]] = defaultdict(set)
    aliases: dict[str, Path] = {}
    for node in nodes(source):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if node.module in packages:
                    found[packages[node.module]].add(alias.name)
                if package := packages.get(f"{node.module}.{alias.name}"):
                    aliases[alias.asname or alias.name] = package
    for node in nodes(source):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            found[aliases[node.value.id]].add(node.attr)
    return found


def test_no_other_package_passes_names_on() -> None:
    assert {folder.relative_to(PACKAGE).as_posix() for folder in FOUND} == PASSING_ON


def test_packages_of_an_app_import_nothing_but_models() -> None:
    """Without `__all__`, an import in a package is a re-export, too."""
    importing = {
        folder.relative_to(PACKAGE).as_posix()
        for app in (PACKAGE / "apps").iterdir()
        for folder in (file.parent for file in app.rglob("__init__.py"))
        if is_only_imports((folder / "__init__.py").read_text())
    }
    assert importing == {f"apps/{app}/models" for app in ("abuse", "accounts", "automations", "campaigns", "lists")}


def test_a_package_of_imports_is_found() -> None:
    assert is_only_imports('"""Doc."""\nfrom a.b import c\n')
    assert not is_only_imports('"""Doc."""\n')
    assert not is_only_imports('"""Doc."""\nfrom a.b import c\n\ndef d() -> None:\n    c()\n')


def test_no_name_is_passed_on_that_no_one_takes() -> None:
    packages = {".".join(("mailflatrate", *folder.relative_to(PACKAGE).parts)): folder for folder in FOUND}
    taken: dict[Path, set[str]] = defaultdict(set)
    taken[PACKAGE / "entrypoints" / "cli" / "backup"] |= {"backup_command", "restore_command"}  # found by name

    def spare() -> dict[Path, set[str]]:
        return {folder: left for folder, names in FOUND.items() if (left := names - taken[folder])}

    left = spare()
    for file in (
        *PACKAGE.rglob("*.py"),
        *ROOT.glob("tests/**/*.py"),
        *ROOT.glob("bench/**/*.py"),
        *ROOT.glob("rig/*.py"),
    ):
        source = file.read_text()
        if any(name in source for names in left.values() for name in names):  # parsing all tests would take seconds
            for folder, names in used_names(source, packages).items():
                taken[folder] |= names
            left = spare()
    assert left == {}


def test_names_are_found_however_they_are_taken() -> None:
    packages = {"a.b": Path("b")}
    assert used_names("from a.b import x as y", packages)[Path("b")] == {"x"}
    assert used_names("from a import b as c\nc.x(b.z)", packages)[Path("b")] == {"x"}

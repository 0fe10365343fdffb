"""Modules of the apps that no test file of the same name mirrors: their number only falls."""

from architecture.migrations import PACKAGE

APPS = PACKAGE / "apps"
TESTS = PACKAGE.parents[1] / "tests" / "apps"
WITHOUT_MIRROR = 288
"""Lower it when you add one."""
NOTHING_TO_MIRROR = {"__init__", "apps", "errors", "models"}
"""Wiring, tables and sentences: `tests/architecture` reads them all."""


def without_mirror() -> list[str]:
    """Return the modules that have none, as `app/module`."""
    mirrored = {app.name: {test.stem for test in app.rglob("test_*.py")} for app in TESTS.iterdir() if app.is_dir()}
    modules = (file.relative_to(APPS) for file in sorted(APPS.rglob("*.py")) if file.stem not in NOTHING_TO_MIRROR)
    return [
        str(module)
        for module in modules
        if not {"migrations", "models"} & set(module.parts)
        if f"test_{module.stem}" not in mirrored.get(module.parts[0], set())
    ]


def test_modules_without_a_mirror_become_fewer() -> None:
    found = without_mirror()
    assert len(found) <= WITHOUT_MIRROR, found


def test_the_apps_with_the_most_rights_have_mirrors() -> None:
    """Who may get in, who is told what, and what the abuse desk may do."""
    found = {name for name in without_mirror() if name.startswith(("accounts/actions/", "abuse/actions/"))}
    assert found <= {"accounts/actions/second_factor.py", "abuse/actions/case_log.py"}

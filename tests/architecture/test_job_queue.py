"""Only `base/job_queue.py` names tables and functions of Procrastinate (ADR 0040)."""

import re

import pytest

from architecture.migrations import PACKAGE
from architecture.test_one_law import texts

_INTERNAL = re.compile(r"\bprocrastinate_\w+")
_EXEMPT = {
    "base/job_queue.py": "the one module",
    "base/tenancy/policies.py": "rights are declared for all tables in one place",
    "apps/events/sql/wake.sql": "a trigger that enqueues in the transaction of the change, whatever statement made it",
    "apps/automations/sql/wake.sql": "the same, at the commit, for arrivals that other stages note",
    "base/tenancy/sql/held.sql": "triggers that refuse rows written by anyone but the application",
}


def named(source: str, *, is_sql: bool = False) -> set[str]:
    """Return the tables and functions of Procrastinate that a file names."""
    found = [source] if is_sql else list(texts(source))
    return {name for text in found for name in _INTERNAL.findall(text)}


@pytest.mark.parametrize(
    "source",
    [
        "x('SELECT count(*) FROM procrastinate_jobs')",
        "x(f'SELECT procrastinate_defer_jobs_v1({y})')",
        "x(f'DELETE FROM public.procrastinate_workers WHERE id = {y}')",
        "TABLES = {'procrastinate_events': 1}",
    ],
)
def test_another_module_would_be_found(source: str) -> None:
    assert named(source)


def test_documented_classes_may_be_used_anywhere() -> None:
    assert not named("from procrastinate import App\nx = 'procrastinate.contrib.django'")


@pytest.mark.slow
def test_one_module_knows_the_tables_of_the_job_queue() -> None:
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.glob("**/sql/*.sql")]
    found = {
        file.relative_to(PACKAGE).as_posix()
        for file in files
        if "migrations" not in file.parts and named(file.read_text(), is_sql=file.suffix == ".sql")
    }
    assert found == set(_EXEMPT)

"""Models that a migration rendered stay when a model, an index or a constraint is added, and know of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import models
from django.db.migrations.operations import AddConstraint, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from psycopg.conninfo import make_conninfo

from mailflatrate.entrypoints.cli.migration_models import kept_models
from prepared_database import SOURCES, write_secrets
from release.schema_state import schema_state

NUMBER = ("id", models.BigAutoField(primary_key=True))
OWNER = CreateModel("Owner", [NUMBER])
LETTER = CreateModel("Letter", [NUMBER, ("owner", models.ForeignKey("post.Owner", models.CASCADE))])
INDEX = AddIndex("letter", models.Index(fields=["owner"], name="letter_owner"))
ONE = AddConstraint("letter", models.UniqueConstraint(fields=["owner"], name="letter_one"))
DJANGO_ALONE = """
from contextlib import nullcontext
from mailflatrate.entrypoints.cli import main, migration_models
migration_models.kept_models = nullcontext
main.cli(["migrate"])
"""


def _after(*operations: Operation) -> tuple[ProjectState, Callable[[str], type[models.Model]]]:
    state = ProjectState()
    OWNER.state_forwards("post", state)
    before = state.apps.get_model("post", "owner")
    for operation in operations:
        operation.state_forwards("post", state)
    return state, lambda name: before if name == "before" else state.apps.get_model("post", name)


def test_a_model_is_not_rendered_again() -> None:
    with kept_models():
        state, model = _after(LETTER, INDEX, ONE)
    assert model("owner") is model("before")
    letter = model("letter")
    assert letter._meta.get_field("owner").related_model is model("owner")
    assert [field.name for field in model("owner")._meta.related_objects] == ["letter"]
    assert [index.name for index in letter._meta.indexes] == ["letter_owner"]
    assert [constraint.name for constraint in letter._meta.constraints] == ["letter_one"]
    usual, _model = _after(LETTER, INDEX, ONE)
    assert state == usual, "the state is the one that Django keeps"


def test_outside_of_the_block_django_renders_as_always() -> None:
    with kept_models():
        pass
    _state, model = _after(LETTER)
    assert model("owner") is not model("before")


@pytest.mark.skipif(not os.environ.get("RELEASE_TESTS"), reason="takes a minute: RELEASE_TESTS=1 runs it")
def test_models_that_stay_rendered_make_the_same_database(database: str, tmp_path: Path) -> None:
    name = "made_by_django_alone"
    url = make_conninfo(database, dbname=name)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    try:
        write_secrets(tmp_path)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAILFLATRATE_", "DATABASE_"))}
        own = {"MAILFLATRATE_DATA_DIR": str(tmp_path), "DATABASE_URL": url, "PYTHONPATH": str(SOURCES)}
        subprocess.run([sys.executable, "-c", DJANGO_ALONE], env={**kept, **own}, check=True)
        alone, new = (
            {key: text for key, text in schema_state(each).items() if not key.startswith("ROWS ")}
            for each in (url, database)
        )
        assert alone == new
    finally:
        with psycopg.connect(database, autocommit=True) as owner:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)")

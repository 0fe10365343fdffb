"""Models that a migration rendered stay when a model, an index or a constraint is added, and know of it."""

from collections.abc import Callable

from django.db import models
from django.db.migrations.operations import AddConstraint, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from mailflatrate.entrypoints.cli.migration_models import kept_models

NUMBER = ("id", models.BigAutoField(primary_key=True))
OWNER = CreateModel("Owner", [NUMBER])
LETTER = CreateModel("Letter", [NUMBER, ("owner", models.ForeignKey("post.Owner", models.CASCADE))])
INDEX = AddIndex("letter", models.Index(fields=["owner"], name="letter_owner"))
ONE = AddConstraint("letter", models.UniqueConstraint(fields=["owner"], name="letter_one"))


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

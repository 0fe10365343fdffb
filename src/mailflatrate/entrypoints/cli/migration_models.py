"""Keeps the rendered models of a migration when a model, an index or a constraint is added.

Django renders every model that is related to a changed one again after each operation. Here nearly all are related to
the account, so that most of the time of a new database went into it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from django.db.migrations.state import ModelState, ProjectState, StateApps

CHANGES: Final = {"add_index": "indexes", "add_constraint": "constraints"}
"""What changes the state of a model, but no column and no relation -> the option that it changes."""


@contextmanager
def kept_models() -> Iterator[None]:
    """For the block, render only a model that is added, and tell one of its index or constraint."""
    usual = {name: getattr(ProjectState, name) for name in ("add_model", *CHANGES)}
    for name, option in CHANGES.items():
        setattr(ProjectState, name, _told(usual[name], option))
    ProjectState.add_model = _alone(usual["add_model"])  # type: ignore[method-assign]
    try:
        yield
    finally:
        for name, change in usual.items():
            setattr(ProjectState, name, change)


def _told(change: Callable[..., None], option: str) -> Callable[..., None]:
    @wraps(change)
    def changed(state: ProjectState, app_label: str, model_name: str, added: Any) -> None:
        with _unrendered(state) as rendered:
            change(state, app_label, model_name, added)
        if rendered is not None:
            options = rendered.get_model(app_label, model_name)._meta
            setattr(options, option, [*getattr(options, option), added])

    return changed


def _alone(change: Callable[..., None]) -> Callable[..., None]:
    @wraps(change)
    def changed(state: ProjectState, added: ModelState) -> None:
        with _unrendered(state) as rendered:
            change(state, added)
        if rendered is not None:
            rendered.render_multiple([added])

    return changed


@contextmanager
def _unrendered(state: ProjectState) -> Iterator[StateApps | None]:
    """Take the rendered models from a state for the block, so that a change has nothing to render; yield them."""
    rendered = state.__dict__.pop("apps", None)
    try:
        yield rendered
    finally:
        if rendered is not None:
            state.__dict__["apps"] = rendered

"""Keeps the rendered models of a migration when a model, a plain field, an index or a constraint comes or goes: Django
would render nearly all of them again after each operation, most of the time of a new database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, Final

from django.apps import apps
from django.db.migrations.state import ModelState, ProjectState, StateApps

OPTIONS: Final = {
    "add_index": "indexes",
    "add_constraint": "constraints",
    "remove_index": "indexes",
    "remove_constraint": "constraints",
}
"""What changes the state of a model, but no column and no relation -> the option that it changes."""


@contextmanager
def kept_models() -> Iterator[None]:
    """For the block, render only a model that is added, and tell one of its new field, index or constraint."""
    usual = {name: getattr(ProjectState, name) for name in ("add_model", "add_field", *OPTIONS)}
    for name, option in OPTIONS.items():
        setattr(ProjectState, name, _told(usual[name], option))
    ProjectState.add_model = _alone(usual["add_model"])  # type: ignore[method-assign]
    ProjectState.add_field = _grown(usual["add_field"])  # type: ignore[method-assign]
    # Asked for each foreign key that is copied. Django's own cache is emptied whenever any model is rendered.
    apps.get_swappable_settings_name = cache(apps.get_swappable_settings_name)  # type: ignore[method-assign]
    try:
        yield
    finally:
        del apps.get_swappable_settings_name
        for name, change in usual.items():
            setattr(ProjectState, name, change)


def _told(change: Callable[..., None], option: str) -> Callable[..., None]:
    @wraps(change)
    def changed(state: ProjectState, app_label: str, model_name: str, which: Any) -> None:
        with _unrendered(state) as rendered:
            change(state, app_label, model_name, which)
        if rendered is not None:
            options = state.models[app_label, model_name].options
            setattr(rendered.get_model(app_label, model_name)._meta, option, list(options[option]))

    return changed


def _alone(change: Callable[..., None]) -> Callable[..., None]:
    @wraps(change)
    def changed(state: ProjectState, added: ModelState) -> None:
        with _unrendered(state) as rendered:
            change(state, added)
        if rendered is not None:
            rendered.render_multiple([added])

    return changed


def _grown(change: Callable[..., None]) -> Callable[..., None]:
    @wraps(change)
    def changed(
        state: ProjectState, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool
    ) -> None:
        if field.is_relation:  # the models at both ends change
            change(state, app_label, model_name, name, field, preserve_default)
            return
        with _unrendered(state) as rendered:
            change(state, app_label, model_name, name, field, preserve_default)
        if rendered is not None:
            added = state.models[app_label, model_name].fields[name].clone()
            rendered.get_model(app_label, model_name).add_to_class(name, added)

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

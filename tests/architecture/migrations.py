"""Write migrations for what changed in the models, without the words of a field: `make migrations`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

from django.db.models import Field

WORDS = ("choices", "help_text", "verbose_name")
PACKAGE = Path(__file__).parents[2] / "src" / "mailflatrate"


@contextmanager
def without_words() -> Iterator[None]:
    """Let Django see the fields of models and of migrations without their words, while the block runs."""
    whole = Field.deconstruct

    def deconstruct(field: "Field[Any, Any]") -> Any:
        name, path, args, kwargs = whole(field)
        plain = {key: value.value if isinstance(value, Enum) else value for key, value in kwargs.items()}
        return name, path, args, {key: value for key, value in plain.items() if key not in WORDS}

    Field.deconstruct = deconstruct  # type: ignore[method-assign]
    try:
        yield
    finally:
        Field.deconstruct = whole  # type: ignore[method-assign]


def own_apps() -> list[str]:
    from django.apps import apps

    return [
        config.label
        for config in apps.get_app_configs()
        if (Path(config.path) / "migrations").is_dir() and Path(config.path).is_relative_to(PACKAGE)
    ]


def main() -> None:
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
    django.setup()
    with without_words():
        call_command("makemigrations", *own_apps())


if __name__ == "__main__":
    main()

"""The page docs/schema.md, made from the models and the SQL files by `make docs`."""

import os
import re
from collections import Counter
from typing import Any

HEAD = """# The schema

Made from the models and the SQL files by `make docs`. How the database is built:
[ADR 0036](adr/0036-the-database-is-built-from-files.md).

Nearly every table has an `account_id`, by which row-level security holds customers apart; the pictures leave those
keys out. A key between apps always leads to an app further up on this page.
"""
HIDDEN = ("accounts.Account",)


def page() -> str:
    from django.apps import apps

    configs = [
        config for config in apps.get_app_configs() if config.name.startswith("mailflatrate.") and models_of(config)
    ]
    parts = [HEAD, "## Overview", overview(configs)]
    for config in configs:
        parts += [f"## {config.label}", picture(config), tables(config)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def models_of(config: Any) -> list[Any]:
    found = [model for model in config.get_models(include_auto_created=True) if not model._meta.proxy]
    return sorted(found, key=lambda model: model._meta.db_table)


def keys(model: Any) -> list[Any]:
    """The foreign keys of a model, without those to its account."""
    fields = [field for field in model._meta.local_concrete_fields if field.is_relation]
    return [field for field in fields if field.related_model._meta.label not in HIDDEN]


def overview(configs: list[Any]) -> str:
    """The apps, and how many foreign keys lead from one to another."""
    counts = Counter(
        (config.label, field.related_model._meta.app_label)
        for config in configs
        for model in models_of(config)
        for field in keys(model)
        if field.related_model._meta.app_label != config.label
    )
    lines = [f"    {config.label} {{\n        tables {len(models_of(config))}\n    }}" for config in configs]
    lines += [
        f'    {above} ||--o{{ {below} : "{count} {"key" if count == 1 else "keys"}"'
        for (below, above), count in sorted(counts.items())
    ]
    return "\n".join(["```mermaid", "erDiagram", *lines, "```"])


def picture(config: Any) -> str:
    """The tables of an app with their keys, and the tables of other apps that these lead to."""
    lines = []
    for model in models_of(config):
        named = [model._meta.pk, *(field for field in keys(model) if not field.primary_key)]
        columns = [f"        {kind_of(field)} {field.column} {'PK' if field.primary_key else 'FK'}" for field in named]
        lines.append("\n".join([f"    {model._meta.db_table} {{", *columns, "    }"]))
    for model in models_of(config):
        for field in keys(model):
            one = "|o" if field.null else "||"
            many = "o|" if field.unique else "o{"
            lines.append(
                f"    {field.related_model._meta.db_table} {one}--{many} {model._meta.db_table} : {field.column}"
            )
    return "\n".join(["```mermaid", "erDiagram", *lines, "```"])


def kind_of(field: Any) -> str:
    from django.db import connection

    return re.sub(r"\W.*", "", field.db_type(connection) or "view")


def tables(config: Any) -> str:
    from mailflatrate.base.tenancy.statements import shipped

    triggers: dict[str, list[str]] = {}
    for made in shipped():
        if made.kind == "trigger":
            triggers.setdefault(made.table, []).append(made.name.partition(" ")[0])
    lines = ["| table | holds | columns beside its keys | triggers |", "| --- | --- | --- | --- |"]
    for model in models_of(config):
        table = model._meta.db_table
        plain = [
            field.column
            for field in model._meta.local_concrete_fields
            if not field.primary_key and field not in keys(model)
        ]
        lines.append(
            f"| `{table}` | {sentence(model)} | {', '.join(plain)} | {', '.join(sorted(triggers.get(table, [])))} |"
        )
    return "\n".join(lines)


def sentence(model: Any) -> str:
    text = " ".join((model.__doc__ or "").split())
    if text.startswith(f"{model.__name__}("):  # Django's own
        return ""
    return re.split(r"(?<=[.:;])\s", text, maxsplit=1)[0].rstrip(":;").replace("|", "\\|")


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
    django.setup()
    print(page(), end="")


if __name__ == "__main__":
    main()

"""The functions, triggers and views of the database, from the SQL files of base and each app (ADR 0036): `CREATE OR
REPLACE` statements and comments, with placeholders that `rules.sql` fills in. An object that cannot be replaced has
a `DROP ... IF EXISTS` right before it; both run as one statement, only when the object is missing or differs.
"""

import re
from functools import cache
from pathlib import Path

from django.apps import apps

from mailflatrate.base.tenancy.apply import SqlObject
from mailflatrate.rules.sql import fill_in

_OWN = Path(__file__).parent / "sql"
_PACKAGE = Path(__file__).parents[2]
_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|;|[^-'$;]+|.", re.DOTALL)
_DROP = re.compile(r"DROP (TRIGGER|VIEW) IF EXISTS \S+( ON \w+)?;\Z")
_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (public\.\w+)\(([^)]*)\)")
_TRIGGER = re.compile(r"CREATE (?:OR REPLACE|CONSTRAINT) TRIGGER (\w+)\s.*?\sON (\w+)\s", re.DOTALL)
_VIEW = re.compile(r"CREATE VIEW (public\.\w+)\s")


class UnknownStatement(ValueError):
    """Raised for a statement that an SQL file may not contain."""


@cache
def shipped() -> tuple[SqlObject, ...]:
    """Return every object of the SQL files: first those of base, then those of the apps in order."""
    folders = [_OWN, *(Path(config.path) / "sql" for config in apps.get_app_configs())]
    files = [file for folder in folders for file in sorted(folder.glob("*.sql"))]
    return tuple(
        made
        for file in files
        if file.is_relative_to(_PACKAGE)
        for made in parse(file.read_text(), file.relative_to(_PACKAGE).as_posix())
    )


def parse(text: str, source: str) -> list[SqlObject]:
    """Return the objects that a file declares. Raises UnknownStatement."""
    objects, before = [], ""
    for statement in statements(fill_in(text)):
        if _DROP.match(statement):
            before = f"{statement}\n"
            continue
        objects.append(_made(before + statement, statement, source))
        before = ""
    if before:
        raise UnknownStatement(f"{source}: {before.strip()} drops something that no statement creates")
    return objects


def statements(text: str) -> list[str]:
    """Split SQL at the semicolons between statements. Comments inside the body of a function are kept."""
    texts, current = [], ""
    for token in _TOKEN.finditer(text):
        if token[0].startswith("--"):
            continue
        current += token[0]
        if token[0] == ";":
            texts.append(current.strip())
            current = ""
    if current.strip():
        raise UnknownStatement(f"{current.strip()[:60]} has no end")
    return texts


def _made(statement: str, core: str, source: str) -> SqlObject:
    if function := _FUNCTION.match(core):
        types = [argument.split(maxsplit=1)[1] for argument in function[2].split(",") if argument.strip()]
        return SqlObject("function", f"{function[1]}({', '.join(types)})", statement, source=source)
    if trigger := _TRIGGER.match(core):
        return SqlObject("trigger", f'{trigger[1]} ON "{trigger[2]}"', statement, table=trigger[2], source=source)
    if view := _VIEW.match(core):
        return SqlObject("view", view[1], statement, source=source)
    raise UnknownStatement(f"{source}: {core.splitlines()[0]}")

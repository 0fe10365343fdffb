"""Printing rows as a table or one JSON array, without characters by which customers' names could alter a terminal."""

import getpass
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Row = dict[str, Any]
WIDEST = 60


def json_option(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")(function)


def operator_details() -> dict[str, str]:
    """Return the system user: nothing else is known about the person at the command line."""
    try:
        return {"system_user": getpass.getuser()}
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return {"system_user": ""}


def show(rows: Sequence[Row], *, as_json: bool, empty: str) -> None:
    if as_json:
        click.echo(json.dumps(rows, default=_plain, ensure_ascii=True))
        return
    if not rows:
        click.echo(empty)
        return
    columns = list(rows[0])
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[number]) for line in cells) for number in range(len(columns))]
    numeric = [all(isinstance(row[column], int | float) for row in rows) for column in columns]
    for line in cells:
        padded = [
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(line, widths, numeric, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def _plain(value: object) -> object:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = "".join(symbol if symbol.isprintable() else "?" for symbol in str(value))
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"

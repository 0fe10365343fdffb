"""`mailflatrate lint`: the gate for any e-mail in the world. Loads neither Django nor the database."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from mailflatrate.rules.lint import lint_from_line
from mailflatrate.rules.names.brands import Brands, load_brands


@click.command()
@click.option("--from-lines", is_flag=True, help="Judge From fields: JSON lines with `raw` on standard input.")
@click.option(
    "--brands", "brands_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="MAILFLATRATE_BRANDS_FILE", help="The operator's own brands, added to the shipped list.",
)  # fmt: skip
def lint_command(from_lines: bool, brands_file: Path | None) -> None:
    """Judge a message from any system by the rules of the gate."""
    try:
        brands = load_brands(brands_file)
    except ValueError as problem:
        raise click.ClickException(str(problem)) from problem
    if from_lines:
        print_from_lines(sys.stdin.buffer, brands)


def print_from_lines(lines: Iterable[bytes], brands: Brands) -> None:
    """One JSON object a line, with the other keys of the line kept; a line that is no JSON object gives an `error`."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for line in lines:
        if not line.strip():
            continue
        try:
            given = json.loads(line.decode("utf-8", "replace"))
            raw = given["raw"]
        except (ValueError, KeyError, TypeError):
            click.echo(encode({"error": "not a JSON object with `raw`", "findings": [], "verdict": "error"}))
            continue
        click.echo(encode({"raw": raw, **lint_from_line(str(raw), brands)}).encode("utf-8", "replace"))

"""`mailflatrate address check`: the rules' decision about addresses. Loads neither Django nor the database."""

import json
import sys
from collections.abc import Iterable

import click

from mailflatrate.rules.addresses import check_lines

_LINES_AT_ONCE = 1000


@click.group()
def address_command() -> None:
    """Judge addresses as forms, the API and imports do."""


@address_command.command("check")
@click.option("--offline", is_flag=True, help="Ask no DNS. The only way at present; the flag keeps scripts working.")
def check_command(offline: bool) -> None:
    """Read addresses from standard input, one a line; print one JSON object for each.

    Keys: address, verdict (accept, refuse, hold), rule, reason, suggestion.
    """
    del offline
    print_judged(sys.stdin.buffer)


def print_judged(lines: Iterable[bytes]) -> None:
    """Judge lines of UTF-8 (broken octets become U+FFFD, which no address holds) and print JSON lines."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    waiting: list[str] = []
    for judged in check_lines(line.decode("utf-8", "replace") for line in lines):
        waiting.append(encode(judged))
        if len(waiting) == _LINES_AT_ONCE:
            sys.stdout.write("\n".join(waiting) + "\n")
            waiting.clear()
    if waiting:
        sys.stdout.write("\n".join(waiting) + "\n")

"""The help of every command, recursively."""

from collections.abc import Iterator

import click

from golden.neutral import neutral


def helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=110, max_content_width=110)
    yield context.command_path, neutral(command.get_help(context))
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            assert inner is not None
            yield from helps(inner, below, context)


def all_helps() -> str:
    from mailflatrate.entrypoints.cli.main import cli

    return "\n".join(f"$ {path} --help\n{text}\n" for path, text in helps(cli, "mailflatrate"))

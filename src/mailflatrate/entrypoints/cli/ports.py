"""Ports that another program uses already."""

import errno
import socket

import click


class PortTaken(click.ClickException):
    """Raised for a port that is in use; the command ends with status 2."""

    exit_code = 2


def demand_free(host: str, port: int, setting: str) -> None:
    """Refuse a port that another program listens on, naming its setting. Raises click.ClickException.

    The web server shares its port with every other one that does. Two of them on one port would take turns in
    answering: a forgotten old process would go on serving half of all requests after an upgrade.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(
                f"Port {port} ({setting}) is already in use. Stop the program that uses it, or choose another port."
            ) from None

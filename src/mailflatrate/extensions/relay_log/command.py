"""`mailflatrate follow-postfix`: one per relay host, running alongside Postfix."""

import re
import socket
from pathlib import Path

import click

from mailflatrate.entrypoints.boot import boot
from mailflatrate.entrypoints.boot.keys import demand_keys
from mailflatrate.settings.links import ProcessPurpose

_NAME = re.compile(r"[\w.:/@-]{1,120}")


@click.command()
@click.option("--file", "path", type=click.Path(path_type=Path), help="Follow this log file.")
@click.option("--journal", is_flag=True, help="Follow the systemd journal instead.")
@click.option("--unit", default="postfix*", show_default=True, help="Units to follow in the journal.")
@click.option("--relay", default="", metavar="NAME", help="Name of this relay, if it is listed under Relays.")
@click.option("--name", help="Name that this follower keeps across restarts.  [default: host and log]")
@click.option("--once", is_flag=True, help="Read the existing log and exit.")
def follow_postfix_command(
    path: Path | None, journal: bool, unit: str, relay: str, name: str | None, once: bool
) -> None:
    """Follow Postfix's log and record deliveries, deferrals and final bounces of our messages as they happen."""
    if (path is None) is not journal:
        raise click.UsageError("Name one log: --file FILE, or --journal.")
    log = f"{socket.gethostname()}:{unit if journal else path}"
    if not _NAME.fullmatch(name or log):
        raise click.UsageError("--name takes up to 120 letters, digits and ._:/@-")
    settings = boot(ProcessPurpose.LISTENING)
    demand_keys(settings)
    from mailflatrate.apps.delivery.relays.tables import Relay
    from mailflatrate.base.metrics.names import begin_follower
    from mailflatrate.base.metrics.sharing import share
    from mailflatrate.extensions.relay_log.file_tail import FileTail
    from mailflatrate.extensions.relay_log.follower import Follower, FollowerReplaced, Tail, begin_following
    from mailflatrate.extensions.relay_log.journal_tail import JournalMissing, JournalTail

    begin_follower()
    share(settings.data_dir, "follower")
    tail: Tail | None = None
    try:
        place, open_messages = begin_following(name or log, relay)
        tail = FileTail(path, place) if path is not None else JournalTail(unit, place)
        Follower(name or log, tail, open_messages).run(once=once)
    except Relay.DoesNotExist as error:
        raise click.ClickException(f"There is no relay {relay!r}. See `mailflatrate relays list`.") from error
    except FollowerReplaced as error:
        raise click.ClickException(
            f"Another process already follows as {error}. Give one of them a different --name."
        ) from error
    except (JournalMissing, PermissionError) as error:
        raise click.ClickException(f"The log can't be read: {error}") from error
    finally:
        if tail is not None:
            tail.close()

"""The `mailflatrate` command. Subcommands are loaded when called, so that the pure ones start fast."""

import importlib
import sys

import click

from mailflatrate import __version__
from mailflatrate.entrypoints.cli.failures import explain
from mailflatrate.kinds import extension_modules

# command -> (module below this package, what it does in one line)
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("serve", "Run every process of this host under one supervisor."),
    "web": ("serve", "Serve the pages."),
    "worker": ("serve", "Run background jobs."),
    "inbound": ("serve", "Receive inbound mail (bounces, complaints, replies) and run the test inbox."),
    "database": ("serve", "Run the embedded database in the foreground."),
    "exporter": ("exporter", "Serve Prometheus metrics on a host that runs no web process."),
    "migrate": ("setup", "Bring the database schema up to date."),
    "doctor": ("doctor", "Check whether this installation is ready for real sending."),
    "create-account": ("setup", "Create a customer account."),
    "create-user": ("setup", "Create a user who can sign in."),
    "second-factor": ("setup", "Print a link to set up a second factor, or remove a lost one."),
    "setup-link": ("setup", "Print the link that creates the first operator in a browser."),
    "campaigns": ("sending", "Pause, resume or complete a campaign."),
    "domains": ("setup", "Print what DNS providers need for Domain Connect."),
    "queues": ("queues", "Show the backlog of each queue and the workers that serve it."),
    "demo": ("demo", "Set up a demo, send a campaign in it, and show the results."),
    "inspect": ("inspect", "Explain a bounce, complaint report or reply. Needs no database."),
    "address": ("address", "Check email addresses from standard input. Needs no database."),
    "import": ("imports", "Show what an import would do, or recheck earlier imports."),
    "relays": ("relays", "List, add, edit, test, drain, enable or disable relays."),
    "pause-all": ("sending", "Stop all sending within a second."),
    "resume-all": ("sending", "Resume sending after a pause, a failover or a restored backup."),
    "restored": ("sending", "Report that a backup was restored. Sending is held until you resume it."),
    "journal": ("sending", "Replay the journals of a lost sender host."),
    "backup": ("backup", "Create and verify backups."),
    "restore": ("backup", "Restore a backup. Sending is held until you resume it."),
    "withdrawals": ("withdrawals", "Export or replay unsubscribes, complaints and erasures after a restore."),
    "storage": ("storage", "Show where uploads and images are stored, and move them."),
    "audit": ("audit", "Verify the audit log."),
    "consent": ("consent", "Verify a proof of consent offline, or the whole consent ledger."),
    "settings": ("setup", "Print the table of settings."),
}


def commands() -> dict[str, tuple[str, str]]:
    """Ours and those of extensions, whose modules are named in full."""
    extended = {
        name: row
        for extension_module in extension_modules("commands")
        for name, row in extension_module.COMMANDS.items()
    }
    return {name: (f"{__package__}.{module}", text) for name, (module, text) in COMMANDS.items()} | extended


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in commands():
            return None
        module = importlib.import_module(commands()[cmd_name][0])
        command = getattr(module, cmd_name.replace("-", "_") + "_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in commands().items()])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="mailflatrate", message="%(prog)s %(version)s")
def cli() -> None:
    """mailflatrate: an email marketing service that cannot be used to spam."""


def main() -> None:
    try:
        cli()
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        click.echo(f"mailflatrate: {line}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
